import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { neighbourVotes } from './nearest-neighbours'

await tf.setBackend('cpu')

describe('votes of nearest neighbours', () => {
  const bank = tf.tensor2d([10, 0, 1, 1, 0, 2, 0, 3], [4, 2])
  const labels = tf.tensor1d([0, 1, 2, 2], 'int32')

  it('go by direction, not by length, and fall off with the cosine', () => {
    const queries = tf.tensor2d([0.1, 0, 0, 5], [2, 2])
    const votes = neighbourVotes(queries, bank, labels, { classes: 3, neighbours: 2, temperature: 0.5 })
    const near = Math.exp((Math.SQRT1_2 - 1) / 0.5)
    const expected = [1, near, 0, 0, 0, 2]
    votes.dataSync().forEach((vote, i) => void expect(vote).toBeCloseTo(expected[i]!, 5))
  })

  it('of many outweigh one that is nearer', () => {
    const votes = neighbourVotes(tf.tensor2d([1, 0.9], [1, 2]), bank, labels, {
      classes: 3,
      neighbours: 4,
      temperature: 100,
    })
    expect([...tf.argMax(votes, 1).dataSync()]).toEqual([2])
  })

  it('are the same compiled', async () => {
    const array = (data: readonly number[], shape: number[]): HostArray => ({
      shape,
      dtype: 'float32',
      data: Float32Array.from(data),
    })
    const inputs = { queries: array([0.3, 1, 2, 1, -1, 0.2], [3, 2]) }
    const program = await compile(
      ({ inputs: given }) => ({
        outputs: {
          votes: neighbourVotes(
            given.queries as tf.Tensor2D,
            tf.tensor2d([10, 0, 1, 1, 0, 2, 0, 3], [4, 2]),
            tf.tensor1d([0, 1, 2, 2], 'int32'),
            { classes: 3, neighbours: 3 },
          ),
        },
      }),
      { inputs },
      { engine: 'cpu' },
    )
    const { votes } = await program.run(inputs)
    await program.dispose()
    await tf.setBackend('cpu')
    const eager = neighbourVotes(tf.tensor2d([0.3, 1, 2, 1, -1, 0.2], [3, 2]), bank, labels, {
      classes: 3,
      neighbours: 3,
    })
    eager.dataSync().forEach((vote, i) => void expect(votes!.data[i]).toBeCloseTo(vote, 5))
  })

  it('need as many known vectors', () => {
    expect(() => neighbourVotes(bank, bank, labels, { classes: 3 })).toThrow('20 neighbours among 4')
  })
})
