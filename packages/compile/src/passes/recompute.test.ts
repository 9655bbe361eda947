import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { type CompileOptions, compile } from '../compile'
import { countWork } from '../count-work'
import type { Program } from '../program'

const [rows, width, depth] = [256, 16, 12]
const wave = (seed: number, ...shape: number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(i * 1.7 + seed) / 4,
  ),
})
const state = Object.fromEntries(Array.from({ length: depth }, (_, i) => [`w${i}`, wave(i, width, width)]))

/** Residual blocks and one step of gradient descent. */
const program: Program = ({ inputs, state: given }) => {
  const names = Object.keys(state)
  const weights = names.map((name) => (given as Record<string, tf.Tensor>)[name] as tf.Tensor2D)
  const { value, grads } = tf.valueAndGrads((...kernels: tf.Tensor[]) =>
    tf.mean(
      tf.square(
        kernels.reduce(
          (x, kernel) => tf.add(x, tf.sigmoid(tf.tanh(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D)))),
          inputs.x!,
        ),
      ),
    ),
  )(weights)
  return {
    outputs: { loss: value },
    state: Object.fromEntries(names.map((name, i) => [name, tf.sub(weights[i]!, tf.mul(grads[i]!, 0.1))])),
  }
}

async function train(options: CompileOptions) {
  const signature = { inputs: { x: { shape: [rows, width], dtype: 'float32' as const } }, state }
  const compiled = await compile(program, signature, { engine: 'cpu', threads: 1, ...options })
  const losses: number[] = []
  for (let step = 0; step < 3; step++)
    losses.push((await compiled.run({ x: wave(9, rows, width) })).loss!.data[0]!)
  const work = countWork(await compiled.graph())
  const { w0 } = (await compiled.readState()) as Record<string, HostArray>
  await compiled.dispose()
  return { losses, work, w0: [...w0!.data] }
}

describe('recomputing activations', () => {
  it('gives the same losses and weights from less than half the memory', async () => {
    const kept = await train({})
    const again = await train({ recompute: 'loss' })
    expect(again.work.peakBytes).toBeLessThan(kept.work.peakBytes / 2)
    expect(again.work.byOp.Tanh!.nodes).toBeGreaterThan(depth)
    expect(again.work.byOp.Tanh!.nodes).toBeLessThan(2 * depth)
    expect(again.losses).toEqual(kept.losses)
    expect(again.w0).toEqual(kept.w0)
    expect(kept.losses[2]).toBeLessThan(kept.losses[0]!)
  })

  it('reads what it kept only once the backward part has come so far', async () => {
    const { work } = await train({ recompute: 'loss' })
    expect(work.byOp.Where!.nodes).toBeGreaterThan(0)
    expect(work.byOp.Where!.nodes).toBeLessThan(depth)
  })

  it('is not undone by whoever merges equal nodes, ONNX Runtime too', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'univ-recompute-'))
    const { work } = await train({ recompute: 'loss', cache })
    const [kept] = readdirSync(cache).map((file) => readFileSync(join(cache, file)))
    const name = Buffer.from('\x22\x04Tanh', 'latin1') // op_type, field 4 of ONNX's node
    let found = 0
    for (let at = kept!.indexOf(name); at >= 0; at = kept!.indexOf(name, at + 1)) found++
    expect(found).toBe(work.byOp.Tanh!.nodes)
  })

  it('needs an output at which the forward part ends', async () => {
    await expect(train({ recompute: 'error' })).rejects.toThrow("no computed output 'error'")
  })
})
