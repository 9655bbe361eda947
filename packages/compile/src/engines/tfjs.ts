import * as tf from '@tensorflow/tfjs-core'
import { flattenTree, type HostArray, mapTree, type Tree, toTensor } from '@univ/nn'
import { CompileError } from '../compile-error'
import type { Program } from '../program'
import { checkResult, returnedState } from '../returned-state'
import { withBackend } from '../trace/backend-lock'
import '../trace/gradients'
import type { Executable } from './engine'
import { type HeldArray, isHeld } from './held-array'

const modules: Record<string, readonly string[]> = {
  cpu: ['@tensorflow/tfjs-backend-cpu'],
  webgpu: ['@tensorflow/tfjs-backend-webgpu'],
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  tensorflow: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
}

/** Loads what registers a tfjs backend; the packages are the user's to install. */
async function loadBackend(backend: string): Promise<void> {
  if (tf.findBackendFactory(backend)) return
  const reasons: string[] = []
  for (const name of modules[backend] ?? []) {
    try {
      await import(/* @vite-ignore */ name)
      if (tf.findBackendFactory(backend)) return
      reasons.push(`${name} registered no backend '${backend}' (another copy of tfjs-core?)`)
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  const known = Object.keys(modules).map((name) => `tfjs:${name}`)
  throw new CompileError(
    `engine tfjs:${backend} is not at hand: ${reasons.join('; ') || `known are ${known.join(', ')}`}`,
  )
}

/** Runs the program eagerly, op by op, with no graph. */
export async function openEager(
  program: Program,
  backend: string,
  constants: Tree<HostArray>,
  state: Tree<HostArray>,
): Promise<Executable> {
  const section = <R>(run: () => R) => withBackend(backend, () => loadBackend(backend), run)
  const frozen = await section(() => mapTree(constants, (leaf) => tf.keep(toTensor(leaf))))
  return {
    run: (feeds) =>
      section(() => {
        const arrays: Record<string, HostArray | HeldArray> = {}
        tf.tidy(() => {
          const pick = (prefix: string) =>
            Object.fromEntries(
              Object.entries(feeds)
                .filter(([name]) => name.startsWith(prefix))
                .map(([name, array]) => [
                  name.slice(prefix.length),
                  isHeld(array) ? (array.tensor as tf.Tensor) : toTensor(array),
                ]),
            )
          const current = pick('state.')
          const result = program({
            inputs: pick('input.'),
            constants: frozen as never,
            state: mapTree(state, (_, path) => current[path]!) as never,
          })
          checkResult(result)
          for (const [name, tensor] of Object.entries(result.outputs))
            arrays[`output.${name}`] = fromTensor(tensor, tensor.dataSync())
          const replaced = returnedState(result, state)
          // What the program leaves as it was stays here too, instead of coming from the host with every run.
          for (const [path, tensor] of Object.entries({ ...current, ...replaced }))
            arrays[`next.${path}`] = hold(tensor)
        })
        return arrays
      }),
    dispose: () => section(() => tf.dispose(Object.values(flattenTree(frozen)) as tf.Tensor[])),
  }
}

/** A tensor of its own that outlives the run: a program may return one tensor twice, or the state that it was given. */
function hold(result: tf.Tensor): HeldArray {
  const tensor = tf.keep(tf.clone(result))
  return {
    shape: tensor.shape,
    dtype: tensor.dtype as HostArray['dtype'],
    tensor,
    read: async () => fromTensor(tensor, await tensor.data()),
    release: () => tensor.dispose(),
  }
}

function fromTensor({ shape, dtype }: tf.Tensor, data: tf.TypedArray): HostArray {
  return { shape, dtype: dtype as HostArray['dtype'], data: data.slice() as HostArray['data'] }
}
