import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { initialState, type Objective, type TrainingState, trainingProgram } from './training-program'

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
  const state = program.readState() as unknown as TrainingState<HostArray>
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
})
