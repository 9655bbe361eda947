import type * as tf from '@tensorflow/tfjs-core'
import { flattenTree, type HostArray, type Tree } from '@univ/nn'
import { CompileError } from './compile-error'
import type { ProgramResult } from './program'

/** @throws CompileError where a program's result is not `{ outputs }`, with `state` or without, or holds nothing */
export function checkResult(result: unknown): asserts result is ProgramResult {
  const wanted = 'a program returns { outputs: { name: tensor }, state? }'
  if (result instanceof Promise) throw new CompileError(`the program is asynchronous; ${wanted} at once`)
  const { outputs, state } = (result ?? {}) as Partial<ProgramResult>
  if (typeof outputs !== 'object' || outputs === null)
    throw new CompileError(`the program returned no outputs; ${wanted}`)
  if (Object.keys(outputs).length === 0 && state === undefined)
    throw new CompileError(`the program returned neither outputs nor state; ${wanted}`)
}

/**
 * The state that a program returned, by path (`a.b`).
 * @param state The signature's; of its arrays only the form is read
 * @throws CompileError where a name is not in the signature, or a shape or type is another than there
 */
export function returnedState(
  result: ProgramResult,
  state: Tree<HostArray>,
): Readonly<Record<string, tf.Tensor>> {
  const before = flattenTree(state) as Record<string, HostArray>
  const after = result.state === undefined ? {} : (flattenTree(result.state) as Record<string, tf.Tensor>)
  for (const [path, tensor] of Object.entries(after)) {
    const old = before[path]
    if (!old)
      throw new CompileError(
        `state '${path}' was returned but is not in the signature (has: ${Object.keys(before).join(', ')})`,
      )
    if (old.dtype !== tensor.dtype || `${old.shape}` !== `${tensor.shape}`)
      throw new CompileError(
        `state '${path}' must stay ${old.dtype} [${old.shape}], the program returned ${tensor.dtype} [${tensor.shape}]`,
      )
  }
  return after
}
