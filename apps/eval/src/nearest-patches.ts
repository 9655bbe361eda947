import { argMax } from '@tensorflow/tfjs-core'
import { compile, type EngineName } from '@univ/compile'
import { neighbourVotes } from '@univ/heads'
import { type HostArray, hostArray } from '@univ/nn'
import type { TokenSet } from '@univ/pccl'
import { spread } from './open-pairs'

/** Class of every patch. */
export type PatchAnswer = (tokens: TokenSet) => Int32Array | Promise<Int32Array>

/** Queries that are compared at once: bounds the matrix of cosines. */
const queriesAtOnce = 512

/** Probes of one kind: what each set of known patches answers. */
export interface PatchProbes {
  fitted(known: TokenSet): PatchAnswer
  dispose(): Promise<void>
}

/**
 * k-NN of patch features by cosine, on the engine. One program answers from every bank: the known patches are its state.
 * @param classes Class of every known patch, -1 where it does not count.
 * @param count Classes.
 */
export async function openNearest(
  classes: Int32Array,
  count: number,
  options: {
    /** Length of a patch's features. */
    readonly width: number
    /** Known patches at most, spread evenly. */
    readonly bank: number
    readonly neighbours: number
    readonly temperature: number
    readonly engine: EngineName
  },
): Promise<PatchProbes> {
  const { width, bank: most, neighbours, temperature, engine } = options
  const rows = spread(
    [...classes.keys()].filter((row) => classes[row]! >= 0),
    most,
  )
  const bankOf = ({ data }: TokenSet): HostArray => {
    const known = new Float32Array(rows.length * width)
    rows.forEach((row, i) => void known.set(data.subarray(row * width, (row + 1) * width), i * width))
    return hostArray([rows.length, width], known)
  }
  const program = await compile(
    ({ inputs, constants, state }) => {
      const options = { classes: count, neighbours, temperature }
      const votes = neighbourVotes(inputs.queries, state.bank, constants.labels, options)
      return { outputs: { answer: argMax(votes, 1) } }
    },
    {
      inputs: { queries: { shape: [queriesAtOnce, width], dtype: 'float32' } },
      constants: {
        labels: hostArray(
          [rows.length],
          Int32Array.from(rows, (row) => classes[row]!),
        ),
      },
      state: { bank: hostArray([rows.length, width], new Float32Array(rows.length * width)) },
    },
    { engine },
  )
  return {
    fitted(known) {
      const bank = bankOf(known)
      return async (asked) => {
        await program.writeState({ bank })
        const predicted = new Int32Array(asked.data.length / width)
        for (let first = 0; first < predicted.length; first += queriesAtOnce) {
          const last = Math.min(predicted.length, first + queriesAtOnce)
          const queries = new Float32Array(queriesAtOnce * width)
          queries.set(asked.data.subarray(first * width, last * width))
          const { answer } = await program.run({ queries: hostArray([queriesAtOnce, width], queries) })
          predicted.set(answer.data.subarray(0, last - first), first)
        }
        return predicted
      }
    },
    dispose: () => program.dispose(),
  }
}
