import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import type { Objective } from './objective'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { trainingProgram } from './training-program'
import { initialState, type TrainingState } from './training-state'

const array = (values: number[], shape = [values.length]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(values),
})
const rows = array([1, 2, -1, 0.5, 3, 1, 0, 2], [4, 2])
const half = (i: number) => array([...rows.data.slice(4 * i, 4 * i + 4)], [2, 2])

const leastSquares: Objective = ({ weights, inputs }) => {
  const error = tf.sub(tf.matMul(inputs.x as tf.Tensor2D, weights.w as tf.Tensor2D), 1)
  const loss = tf.mean(tf.square(error)) as tf.Scalar
  return { loss, metrics: { largest: tf.max(tf.abs(error)) } }
}

async function train(batches: readonly HostArray[], accumulate: number) {
  const weights = { w: array([0.5, -0.5], [2, 1]) }
  const program = await compile(
    trainingProgram(leastSquares, { accumulate, clip: 0.7 }),
    {
      inputs: {
        x: { shape: batches[0]!.shape, dtype: 'float32' },
        ...optimiserInputs({ accumulate }),
      },
      state: initialState(weights, accumulate) as never,
    },
    { engine: 'cpu' },
  )
  const outputs = []
  for (const [step, x] of batches.entries())
    outputs.push(
      await program.run({ x, ...optimiserFeed(step, { lr: 0.01, weightDecay: 0.1 }, { accumulate }) }),
    )
  const state = (await program.readState()) as unknown as TrainingState<HostArray>
  await program.dispose()
  return { outputs, state }
}

describe('trainingProgram', () => {
  it('reports the loss, the objective’s metrics and the largest gradient norm', async () => {
    const { outputs } = await train([rows], 1)
    const error = [-1.5, -1.75, 0, -2] // rows · (0.5, -0.5) - 1
    expect(outputs[0]!.loss!.data[0]).toBeCloseTo(error.reduce((sum, e) => sum + e * e, 0) / 4, 5)
    expect(outputs[0]!.largest!.data[0]).toBeCloseTo(2, 5)
    const gradient = [0, 1].map(
      (i) => error.reduce((sum, e, row) => sum + e * rows.data[2 * row + i]!, 0) / 2,
    )
    expect(outputs[0]!.gradNorm!.data[0]).toBeCloseTo(Math.hypot(...gradient), 5)
  })

  it('updates from two half batches as from the whole', async () => {
    const whole = await train([rows, rows], 1)
    const halves = await train([half(0), half(1), half(0), half(1)], 2)
    for (const key of ['weights', 'first', 'second'] as const)
      whole.state[key].w!.data.forEach((value, i) => {
        expect(halves.state[key].w!.data[i]).toBeCloseTo(value, 6)
      })
    expect(halves.state.gathered!.w!.data.every((value) => value === 0)).toBe(true)
  })

  it('holds the weights exactly until the last of the gathered batches', async () => {
    const { state } = await train([half(0)], 2)
    expect([...state.weights.w!.data]).toEqual([0.5, -0.5])
    expect([...state.first.w!.data]).toEqual([0, 0])
    expect(state.gathered!.w!.data[0]).not.toBe(0)
  })

  it('clips and scales each of several weights of one shape by its own', async () => {
    const optimiser = { clip: 1, lrScales: { b: 0.5 } }
    const objective: Objective = ({ weights }) => ({
      loss: tf.add(tf.mul(tf.sum(weights.a!), 1e-3), tf.mul(tf.sum(weights.b!), 100)) as tf.Scalar,
      metrics: {},
    })
    const weights = { a: array([1, 2]), b: array([3, 4]) }
    const program = await compile(
      trainingProgram(objective, optimiser),
      { inputs: optimiserInputs(), state: initialState(weights) as never },
      { engine: 'cpu' },
    )
    const { gradNorm } = await program.run(optimiserFeed(0, { lr: 0.1, weightDecay: 0 }, optimiser))
    const { weights: next, first } = (await program.readState()) as unknown as TrainingState<HostArray>
    await program.dispose()
    expect(gradNorm!.data[0]).toBeCloseTo(100 * Math.SQRT2, 2)
    // AdamW's first step is the rate, whatever the gradient's size; the moment shows what clipping left of it.
    expect(next.a!.data[0]).toBeCloseTo(0.9, 4)
    expect(next.b!.data[0]).toBeCloseTo(2.95, 4)
    expect(first.a!.data[0]).toBeCloseTo(0.1 * 1e-3, 8)
    expect(first.b!.data[0]).toBeCloseTo(0.1 * Math.SQRT1_2, 5)
  })
})
