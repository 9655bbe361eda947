import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { type CompiledProgram, compile } from './compile'
import { cudaObstacle } from './engines/choose'
import type { Program, Signature } from './program'

const array = (values: number[], shape: number[] = [values.length]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
})

/** Least squares by gradient descent with momentum: inputs, constants and state in one program. */
const descend: Program = ({ inputs, constants, state }) => {
  const { weight, momentum } = state as { weight: tf.Tensor2D; momentum: tf.Tensor2D }
  const { target } = constants as { target: tf.Tensor2D }
  const loss = (w: tf.Tensor) =>
    tf.mean(
      tf.square(
        tf.sub(
          tf.matMul(inputs.x as tf.Tensor2D, w as tf.Tensor2D),
          tf.matMul(inputs.x as tf.Tensor2D, target),
        ),
      ),
    )
  const { value, grad } = tf.valueAndGrad(loss as (x: tf.Tensor) => tf.Tensor)(weight)
  const moved = tf.add(tf.mul(momentum, 0.5), grad)
  return {
    outputs: { loss: value },
    state: { weight: tf.sub(weight, tf.mul(moved, inputs.lr!)), momentum: moved },
  }
}
const signature: Signature = {
  inputs: { x: { shape: ['rows', 2], dtype: 'float32' }, lr: { shape: [], dtype: 'float32' } },
  constants: { target: array([1, 2, 3, 4], [2, 2]) },
  state: { weight: array([0, 0, 0, 0], [2, 2]), momentum: array([0, 0, 0, 0], [2, 2]) },
}
const batch = (rows: number) => ({
  x: array(
    Array.from({ length: 2 * rows }, (_, i) => Math.sin(i + rows)),
    [rows, 2],
  ),
  lr: array([0.2], []),
})

async function losses(program: CompiledProgram, steps: number): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < steps; i++) seen.push((await program.run(batch(3 + (i % 2)))).loss!.data[0]!)
  return seen
}

describe('compile', () => {
  it('trains like eager tfjs, two batch shapes sharing one state', async () => {
    const compiled = await compile(descend, signature, { engine: 'cpu' })
    const eager = await compile(descend, signature, { engine: 'tfjs:cpu' })
    const [ours, theirs] = [await losses(compiled, 40), await losses(eager, 40)]
    ours.forEach((loss, i) => void expect(loss).toBeCloseTo(theirs[i]!, 5))
    expect(ours.at(-1)).toBeLessThan(ours[0]! / 5)
    await compiled.dispose()
    await eager.dispose()
  })

  it.each(['cpu', 'tfjs:cpu'] as const)('gives and takes its state on %s', async (engine) => {
    const program = await compile(descend, signature, { engine })
    await losses(program, 3)
    const kept = await program.readState()
    const onwards = await losses(program, 3)
    await program.writeState(kept)
    expect(await losses(program, 3)).toEqual(onwards)
    await expect(program.writeState({ weight: array([1]), momentum: array([1]) })).rejects.toThrow(
      /state 'weight': expected float32 \[2,2\]/,
    )
    await program.dispose()
  })

  it('holds as many tensors after twelve eager runs as after two, and none when it is disposed of', async () => {
    const { state: counts } = tf.engine()
    const before = counts.numTensors
    const program = await compile(descend, signature, { engine: 'tfjs:cpu' })
    await losses(program, 2)
    const afterTwo = counts.numTensors
    await losses(program, 10)
    await program.writeState(await program.readState())
    await losses(program, 1)
    expect(counts.numTensors).toBe(afterTwo)
    await program.dispose()
    expect(counts.numTensors).toBe(before)
  })

  it('holds state that an eager program leaves as it is, and no more of it with every run', async () => {
    const program = await compile(
      ({ inputs, state }) => ({ outputs: { y: tf.mul(inputs.x, state.w) } }),
      { inputs: { x: { shape: [2], dtype: 'float32' } }, state: { w: array([3, 4]) } },
      { engine: 'tfjs:cpu' },
    )
    const run = async () => [...(await program.run({ x: array([1, 2]) })).y.data]
    expect(await run()).toEqual([3, 8])
    const afterOne = tf.engine().state.numTensors
    expect([await run(), await run()]).toEqual([
      [3, 8],
      [3, 8],
    ])
    expect(tf.engine().state.numTensors).toBe(afterOne)
    expect([...(await program.readState()).w.data]).toEqual([3, 4])
    await program.dispose()
  })

  it('lets runs at the same time follow each other', async () => {
    const [one, two] = [
      await compile(descend, signature, { engine: 'cpu' }),
      await compile(descend, signature, { engine: 'cpu' }),
    ]
    const seen = await Promise.all([one.run(batch(3)), one.run(batch(4)), one.run(batch(3))])
    expect(seen.map(({ loss }) => loss!.data[0])).toEqual(await losses(two, 3))
    await Promise.all([one.dispose(), two.dispose()])
  })

  it('names an input that is missing, unknown or of another shape', async () => {
    const program = await compile(descend, signature, { engine: 'cpu' })
    await expect(program.run({ x: batch(2).x })).rejects.toThrow("input 'lr' is missing")
    await expect(program.run({ ...batch(2), y: array([1]) })).rejects.toThrow(
      /unknown input y; the signature has x, lr/,
    )
    await expect(program.run({ ...batch(2), x: array([1, 2, 3], [1, 3]) })).rejects.toThrow(
      /input 'x' \(rows, 2\): expected float32 \[1,2\]/,
    )
    await program.dispose()
    await expect(program.run(batch(2))).rejects.toThrow(/disposed/)
  })

  it('names a kernel without a lowering, and the line that used it', async () => {
    const odd: Program = ({ inputs }) => ({
      outputs: {
        y: tf.linalg.bandPart(inputs.x as tf.Tensor2D, 1, 1),
        z: tf.spectral.fft(tf.complex(inputs.x!, inputs.x!)),
      },
    })
    await expect(
      compile(odd, { inputs: { x: { shape: [2, 2], dtype: 'float32' } } }, { engine: 'cpu' }),
    ).rejects.toThrow(/no lowering for kernel \w+, used at .*compile\.test\.ts/)
  })

  it('refuses to read a value while tracing, and says where', async () => {
    const reader: Program = ({ inputs }) => ({ outputs: { y: tf.scalar(inputs.x!.dataSync()[0]!) } })
    await expect(
      compile(reader, { inputs: { x: { shape: [2], dtype: 'float32' } } }, { engine: 'cpu' }),
    ).rejects.toThrow(/values were read while tracing, at .*compile\.test\.ts/)
  })

  it('refuses state of another shape than the signature has', async () => {
    const program: Program = ({ state }) => ({
      outputs: {},
      state: { w: tf.reshape((state as { w: tf.Tensor }).w, [4]) },
    })
    await expect(
      compile(program, { inputs: {}, state: { w: array([1, 2, 3, 4], [2, 2]) } }, { engine: 'cpu' }),
    ).rejects.toThrow(/state 'w' must stay float32 \[2,2\]/)
  })

  it('computes the same without its passes, and more often', async () => {
    const twice: Program = ({ inputs }) => ({
      outputs: { y: tf.add(tf.exp(tf.neg(inputs.x!)), tf.exp(tf.neg(inputs.x!))) },
    })
    const inputs = { x: { shape: [3], dtype: 'float32' } } as const
    const plain = await compile(
      twice,
      { inputs },
      { engine: 'cpu', without: ['deadCode', 'commonSubexpressions'] },
    )
    const optimised = await compile(twice, { inputs }, { engine: 'cpu' })
    const feed = { x: array([1, 2, 3]) }
    expect((await optimised.run(feed)).y).toEqual((await plain.run(feed)).y)
    expect([(await plain.graph()).nodes.length, (await optimised.graph()).nodes.length]).toEqual([5, 3])
    await Promise.all([plain.dispose(), optimised.dispose()])
  })

  it('drops the gradients of frozen weights', async () => {
    const program: Program = ({ inputs, constants }) => {
      const { a, b } = constants as { a: tf.Tensor2D; b: tf.Tensor2D }
      const [, gradB] = tf.grads((x, y) =>
        tf.sum(tf.matMul(tf.matMul(inputs.x as tf.Tensor2D, x as tf.Tensor2D), y as tf.Tensor2D)),
      )([a, b]) as [tf.Tensor, tf.Tensor]
      return { outputs: { gradB } }
    }
    const square = array([1, 2, 3, 4], [2, 2])
    const compiled = await compile(
      program,
      { inputs: { x: { shape: [2, 2], dtype: 'float32' } }, constants: { a: square, b: square } },
      { engine: 'cpu' },
    )
    expect((await compiled.graph()).nodes.filter(({ op }) => op === 'Gemm')).toHaveLength(2)
    await compiled.dispose()
  })

  it('writes an ONNX file that ONNX Runtime opens by itself', async () => {
    const { InferenceSession, Tensor } = await import('onnxruntime-node')
    const double: Program = ({ inputs, constants }) => ({
      outputs: { y: tf.add(tf.mul(inputs.x!, (constants as { k: tf.Tensor }).k), tf.ones([3])) },
    })
    const program = await compile(
      double,
      { inputs: { x: { shape: [2, 3], dtype: 'float32' } }, constants: { k: array([1, 2, 3]) } },
      { engine: 'cpu' },
    )
    const session = await InferenceSession.create(await program.toOnnx())
    const result = await session.run({
      'input.x': new Tensor('float32', Float32Array.of(1, 1, 1, 2, 2, 2), [2, 3]),
    })
    expect([...(result['output.y']!.data as Float32Array)]).toEqual([2, 3, 4, 3, 5, 7])
    await session.release()
    await program.dispose()
  })

  it.runIf(cudaObstacle())('says what a wanted GPU engine lacks on this machine', async () => {
    const program = await compile(descend, signature, { engine: 'cuda' })
    await expect(program.run(batch(2))).rejects.toThrow(`engine cuda cannot be used here: ${cudaObstacle()}`)
  })

  it('says that an engine is unknown or not at hand', async () => {
    await expect(compile(descend, signature, { engine: 'npu' as never })).rejects.toThrow(
      /engine 'npu' is unknown; use auto, cpu/,
    )
    const program = await compile(descend, signature, { engine: 'tfjs:nothing' })
    await expect(program.run(batch(2))).rejects.toThrow(/engine tfjs:nothing is not at hand/)
  })

  it('keeps the resident set flat over 200 steps', async () => {
    const wide: Signature = {
      inputs: { x: { shape: [64, 512], dtype: 'float32' }, lr: { shape: [], dtype: 'float32' } },
      constants: {
        target: { shape: [512, 512], dtype: 'float32', data: new Float32Array(512 * 512).fill(0.1) },
      },
      state: {
        weight: { shape: [512, 512], dtype: 'float32', data: new Float32Array(512 * 512) },
        momentum: { shape: [512, 512], dtype: 'float32', data: new Float32Array(512 * 512) },
      },
    }
    const program = await compile(descend, wide, { engine: 'cpu' })
    const feed = {
      x: { shape: [64, 512], dtype: 'float32', data: new Float32Array(64 * 512).fill(0.01) } as HostArray,
      lr: array([0.1], []),
    }
    // The lowest value after each of ten stretches: the collector's own rhythm does not count.
    const lowestOf100Steps = async () => {
      let lowest = Number.POSITIVE_INFINITY
      for (let i = 1; i <= 100; i++) {
        await program.run(feed)
        if (i % 10 === 0) lowest = Math.min(lowest, process.memoryUsage.rss())
      }
      return lowest
    }
    const before = await lowestOf100Steps()
    // Each 100 steps hand out 200 MB of state; a leak of a fifth of it would show.
    expect((await lowestOf100Steps()) - before).toBeLessThan(40e6)
    await program.dispose()
  })
})
