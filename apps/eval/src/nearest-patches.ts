import type * as tf from '@tensorflow/tfjs-core'
import { argMax } from '@tensorflow/tfjs-core'
import { compile, type EngineName } from '@univ/compile'
import { neighbourVotes } from '@univ/heads'
import type { HostArray } from '@univ/nn'
import type { TokenSet } from '@univ/pccl'
import { spread } from './open-pairs'

/** Class of every patch. */
export type PatchAnswer = (tokens: TokenSet) => Int32Array | Promise<Int32Array>

/** Queries that are compared at once: bounds the matrix of cosines. */
const queriesAtOnce = 512

/** k-NN of patch features by cosine, on the engine: the bank of known patches stays compiled in. */
export function nearestAnswer(
  { data, width }: TokenSet,
  classes: Int32Array,
  count: number,
  options: {
    /** Known patches at most, spread evenly. */
    readonly bank: number
    readonly neighbours: number
    readonly temperature: number
    readonly engine: EngineName
  },
): PatchAnswer {
  const { bank: most, neighbours, temperature, engine } = options
  const rows = spread(
    [...classes.keys()].filter((row) => classes[row]! >= 0),
    most,
  )
  const known = new Float32Array(rows.length * width)
  rows.forEach((row, i) => void known.set(data.subarray(row * width, (row + 1) * width), i * width))
  const bank: HostArray = { shape: [rows.length, width], dtype: 'float32', data: known }
  const labels: HostArray = {
    shape: [rows.length],
    dtype: 'int32',
    data: Int32Array.from(rows, (row) => classes[row]!),
  }
  return async (asked) => {
    const program = await compile(
      ({ inputs, constants }) => {
        const given = constants as unknown as Record<'bank' | 'labels', tf.Tensor>
        const votes = neighbourVotes(
          inputs.queries as tf.Tensor2D,
          given.bank as tf.Tensor2D,
          given.labels as tf.Tensor1D,
          {
            classes: count,
            neighbours,
            temperature,
          },
        )
        return { outputs: { answer: argMax(votes, 1) } }
      },
      {
        inputs: { queries: { shape: [queriesAtOnce, width], dtype: 'float32' } },
        constants: { bank, labels },
      },
      { engine },
    )
    const predicted = new Int32Array(asked.data.length / width)
    for (let first = 0; first < predicted.length; first += queriesAtOnce) {
      const queries = new Float32Array(queriesAtOnce * width)
      queries.set(
        asked.data.subarray(first * width, Math.min(predicted.length, first + queriesAtOnce) * width),
      )
      const { answer } = await program.run({
        queries: { shape: [queriesAtOnce, width], dtype: 'float32', data: queries },
      })
      predicted.set(answer!.data.subarray(0, Math.min(queriesAtOnce, predicted.length - first)), first)
    }
    await program.dispose()
    return predicted
  }
}
