import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { writeModel } from '../onnx/model'
import type { Program } from '../program'
import { lentWeights } from './lend-weights'

const wave = (...shape: number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
})
const constants = { kernel: wave(128, 256), gain: wave(128, 256), small: wave(128, 8) }
const program: Program = ({ inputs, constants: given }) => {
  const { kernel, gain, small } = given as Record<string, tf.Tensor2D>
  const x = inputs.x as tf.Tensor2D
  return {
    outputs: {
      y: tf.mul(tf.matMul(x, kernel!), tf.sum(gain!, 0)),
      z: tf.matMul(x, small!),
      back: tf.matMul(tf.matMul(x, kernel!), kernel!, false, true),
    },
  }
}
const signature = { inputs: { x: { shape: [4, 128], dtype: 'float32' as const } }, constants }

describe('lent weights', () => {
  it('are large kernels that matrix products alone read; the model then holds no copy of them', async () => {
    const compiled = await compile(program, signature, { engine: 'cpu' })
    const graph = await compiled.graph()
    const lend = lentWeights(graph)
    const lent = graph.nodes.flatMap(({ inputs }) => inputs.filter(lend))
    expect(new Set(lent.map(({ shape }) => `${shape}`))).toEqual(new Set(['128,256']))
    expect(new Set(lent.map(({ data }) => data))).toEqual(new Set([constants.kernel.data]))
    const model = writeModel(graph, { external: true, lend })
    expect(model.lent.map(({ value }) => value.data)).toEqual([constants.kernel.data])
    expect(model.external.map(({ data }) => data.byteLength).sort((a, b) => a - b)).toEqual([
      128 * 8 * 4,
      128 * 256 * 4,
    ])
    await compiled.dispose()
  })

  it('give the numbers that initialisers give', async () => {
    const x = wave(4, 128)
    const compiled = await compile(program, signature, { engine: 'cpu' })
    const eager = await compile(program, signature, { engine: 'tfjs:cpu' })
    const [ours, theirs] = [await compiled.run({ x }), await eager.run({ x })]
    for (const name of ['y', 'z', 'back'])
      ours[name]!.data.forEach((value, i) => {
        expect(Math.abs(value - theirs[name]!.data[i]!)).toBeLessThan(1e-3)
      })
    await compiled.dispose()
    await eager.dispose()
  })
})
