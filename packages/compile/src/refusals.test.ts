import * as tf from '@tensorflow/tfjs-core'
import { type HostArray, hostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { type CompileOptions, compile } from './compile'
import type { InputSpec, Program } from './program'

const twice: Program = ({ inputs }) => ({ outputs: { y: tf.mul(inputs.x!, 2) } })
const x = hostArray([2], Float32Array.of(1, 2))
const spec: InputSpec = { shape: [2], dtype: 'float32' }

const compiled = (program: unknown, options: unknown = {}, given: unknown = spec) =>
  compile(
    program as Program,
    { inputs: { x: given as InputSpec }, state: { w: hostArray([], Float32Array.of(1)) } },
    { engine: 'cpu', ...(options as CompileOptions) },
  )

describe('compile refuses', () => {
  it.each([
    [{ without: ['nope'] }, "without: there is no pass 'nope'; there are deadCode"],
    [{ precision: 'half' }, "precision 'half': one of float32, float16, bfloat16, int8"],
    [{ tileBytes: Number.NaN }, 'tileBytes NaN: a number above 0'],
    [{ threads: 0 }, 'threads 0: a whole number from 1 to 256'],
    [{ threads: 1e5 }, 'threads 100000'],
  ])('options that mean nothing: %j', async (options, words) => {
    await expect(compiled(twice, options)).rejects.toThrow(words)
  })

  it.each([
    [{ shape: [-2], dtype: 'float32' }, "input 'x': dimension -2"],
    [{ shape: [Number.NaN], dtype: 'float32' }, "input 'x': dimension NaN"],
    [{ shape: [1.5], dtype: 'float32' }, "input 'x': dimension 1.5"],
    [{ shape: [2], dtype: 'float16' }, "input 'x': dtype 'float16', wanted is one of float32, int32, bool"],
  ])('inputs that no array can be: %j', async (given, words) => {
    await expect(compiled(twice, {}, given)).rejects.toThrow(words)
  })

  it.each(['cpu', 'tfjs:cpu'])('what a program may not return, on %s', async (engine) => {
    const running = async (program: unknown) => (await compiled(program, { engine })).run({ x })
    await expect(running(() => undefined)).rejects.toThrow(
      'the program returned no outputs; a program returns {',
    )
    await expect(running(async () => ({ outputs: {} }))).rejects.toThrow('the program is asynchronous')
    await expect(running(() => ({ outputs: {} }))).rejects.toThrow('neither outputs nor state')
    const state = (w: tf.Tensor) => () => ({ outputs: {}, state: { w } })
    await expect(running(({ inputs }: { inputs: { x: tf.Tensor } }) => state(inputs.x)())).rejects.toThrow(
      "state 'w' must stay float32 [], the program returned float32 [2]",
    )
    await expect(
      running(({ inputs }: { inputs: { x: tf.Tensor } }) => ({ outputs: {}, state: { v: inputs.x } })),
    ).rejects.toThrow("state 'v' was returned but is not in the signature (has: w)")
  })

  it.each(['cpu', 'tfjs:cpu'])(
    'arrays of another class, no inputs, and unknown state, on %s',
    async (engine) => {
      const program = await compiled(twice, { engine })
      const whole = { ...x, data: Int32Array.of(1, 2) } as HostArray
      await expect(program.run({ x: whole })).rejects.toThrow(
        'float32 is held by a Float32Array, got Int32Array',
      )
      const list = { ...x, data: [1, 2] } as unknown as HostArray
      await expect(program.run({ x: list })).rejects.toThrow('float32 is held by a Float32Array, got Array')
      await expect((program.run as () => Promise<unknown>)()).rejects.toThrow("input 'x' is missing")
      const state = { ...((await program.readState()) as Record<string, HostArray>), v: x }
      await expect(program.writeState(state)).rejects.toThrow("state 'v' is not in the signature (has: w)")
      await program.dispose()
    },
  )
})
