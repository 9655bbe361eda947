import { flattenTree, type HostArray, mapTree, type Tree } from '@univ/nn'
import { checkArray } from './check-array'
import { CompileError } from './compile-error'
import { type HeldArray, isHeld } from './engines/held-array'

/** What a program keeps from one run to the next, on the host or in an engine's memory. */
export interface ProgramState {
  /** Shapes and types without numbers. */
  readonly form: Tree<HostArray>
  /** By name of the graph's input (`state.a.b`). */
  feeds(): Record<string, HostArray | HeldArray>
  /** Takes over new state (`next.a.b`) from a run's results; what it replaces is freed. Returns the other results, by name. */
  advance(results: Readonly<Record<string, HostArray | HeldArray>>): Record<string, HostArray>
  /** A copy on the host. */
  read(): Promise<Tree<HostArray>>
  /** @throws CompileError where a shape, type or name differs. */
  write(tree: Tree<HostArray>): void
  release(): void
}

/** @param initial Read in place until the first run replaces it. */
export function programState(initial: Tree<HostArray>): ProgramState {
  const arrays: Record<string, HostArray | HeldArray> = { ...flattenTree(initial) } as Record<
    string,
    HostArray
  >
  // Of the tree only the form is kept, so that its arrays go when the first run has replaced them.
  const form = mapTree(initial, formOf)
  const replace = (path: string, next: HostArray | HeldArray) => {
    const old = arrays[path]!
    arrays[path] = next
    if (isHeld(old)) old.release()
  }
  return {
    form,
    feeds: () => Object.fromEntries(Object.entries(arrays).map(([path, array]) => [`state.${path}`, array])),
    advance(results) {
      const outputs: Record<string, HostArray> = {}
      for (const [name, array] of Object.entries(results)) {
        if (name.startsWith('next.')) replace(name.slice('next.'.length), array)
        else outputs[name.slice('output.'.length)] = array as HostArray
      }
      return outputs
    },
    async read() {
      const copies: Record<string, HostArray> = {}
      // One by one: an engine needs room for one copy then.
      for (const [path, array] of Object.entries(arrays))
        copies[path] = isHeld(array) ? await array.read() : copy(array)
      return mapTree(form, (_, path) => copies[path]!)
    },
    write(tree) {
      const given = flattenTree(tree) as Record<string, HostArray>
      for (const [path, { shape, dtype }] of Object.entries(arrays)) {
        const array = given[path]
        if (!array) throw new CompileError(`state '${path}' is missing`)
        checkArray(`state '${path}'`, array, shape, dtype)
      }
      const unknown = Object.keys(given).find((path) => !Object.hasOwn(arrays, path))
      if (unknown !== undefined)
        throw new CompileError(
          `state '${unknown}' is not in the signature (has: ${Object.keys(arrays).join(', ')})`,
        )
      for (const path of Object.keys(arrays)) replace(path, copy(given[path]!))
    },
    release() {
      for (const array of Object.values(arrays)) if (isHeld(array)) array.release()
    },
  }
}

const formOf = ({ shape, dtype }: HostArray): HostArray => ({ shape, dtype, data: new Float32Array(0) })

const copy = (array: HostArray): HostArray => ({
  ...array,
  shape: [...array.shape],
  data: array.data.slice() as HostArray['data'],
})
