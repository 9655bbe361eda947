import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, hostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { trace } from '../trace/trace'
import { gpuEngine } from './available'
import { isHeld } from './held-array'
import { openSession } from './onnxruntime'

const gpu = gpuEngine()
const webgpu = 'engine' in gpu && gpu.engine === 'webgpu'
if (!webgpu) console.log('state in GPU memory: skipped, it stays there on webgpu alone')

const state = {
  count: hostArray([], Int32Array.of(3)),
  even: hostArray([5], Uint8Array.of(1, 0, 1, 0, 1)),
  weight: hostArray(
    [2, 5],
    Float32Array.from({ length: 10 }, (_, i) => i / 3),
  ),
  rates: hostArray([5], Float32Array.of(1, 2, 3, 4, 5)),
}
type Trained = { readonly [Name in keyof typeof state]: tf.Tensor }

/** Replaces all but `rates`. */
const step = ({ inputs, state: old }: { inputs: Record<string, tf.Tensor>; state: unknown }) => {
  const { count, even, weight, rates } = old as Trained
  const weights = tf.add(weight, tf.mul(tf.mul(inputs.x!, rates), tf.cast(even, 'float32')))
  return {
    outputs: { sum: tf.sum(weights) },
    state: { count: tf.add(count, tf.scalar(1, 'int32')), even: tf.logicalNot(even), weight: weights },
  }
}
const inputs = { x: { shape: [2, 5], dtype: 'float32' } } as const
const x = (seed: number) =>
  hostArray(
    [2, 5],
    Float32Array.from({ length: 10 }, (_, i) => Math.sin(i + seed)),
  )
const steps = (engine: 'webgpu' | 'cpu') => compile(step, { inputs, state }, { engine })

describe.skipIf(!webgpu)('state on WebGPU', () => {
  it('stays in the GPU’s memory, whether it changes or not, and results do not', async () => {
    const session = await openSession(await trace(step as never, inputs, {}, state), 'webgpu', {})
    const feeds = Object.fromEntries(Object.entries(state).map(([name, array]) => [`state.${name}`, array]))
    const results = await session.run({ ...feeds, 'input.x': x(0) })
    const held = Object.fromEntries(Object.entries(results).map(([name, array]) => [name, isHeld(array)]))
    expect(held).toEqual({
      'next.count': true,
      'next.even': true,
      'next.weight': true,
      'next.rates': true,
      'output.sum': false,
    })
    for (const array of Object.values(results)) if (isHeld(array)) array.release()
    await session.dispose()
  })

  it('is what the CPU has, of every type', async () => {
    const [ours, cpu] = [await steps('webgpu'), await steps('cpu')]
    for (let i = 0; i < 3; i++) {
      const [a, b] = [await ours.run({ x: x(i) }), await cpu.run({ x: x(i) })]
      expect(a.sum.data[0]).toBeCloseTo(b.sum.data[0]!, 4)
    }
    const [held, host] = [await ours.readState(), await cpu.readState()]
    for (const name of ['count', 'even', 'rates'] as const) expect(held[name]).toEqual(host[name])
    expect(held.weight.shape).toEqual([2, 5])
    held.weight.data.forEach((value, i) => void expect(value).toBeCloseTo(host.weight.data[i]!, 5))
    await Promise.all([ours.dispose(), cpu.dispose()])
  })

  it('is read, written and advanced in the order of the calls', async () => {
    const program = await steps('webgpu')
    const [, first, , second, , , third] = await Promise.all([
      program.run({ x: x(0) }),
      program.readState(),
      program.run({ x: x(1) }),
      program.readState(),
      program.writeState(state),
      program.run({ x: x(0) }),
      program.readState(),
    ])
    expect([first.count.data[0], second.count.data[0], third.count.data[0]]).toEqual([4, 5, 4])
    expect(third as Record<string, HostArray>).toEqual(first)
    await program.dispose()
  })

  it('survives a run that was refused', async () => {
    const program = await steps('webgpu')
    await program.run({ x: x(0) })
    await expect(program.run({ x: hostArray([1], Float32Array.of(1)) as never })).rejects.toThrow("input 'x'")
    await program.run({ x: x(0) })
    expect((await program.readState()).count.data[0]).toBe(5)
    await program.dispose()
  })
})
