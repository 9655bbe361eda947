import { findClassNames } from '../class-names'
import type { NumberedKind } from '../layouts/layout'
import { placesOf } from '../layouts/layouts'
import { type AnnotatedSet, findAnnotatedSet } from './annotated-set'

/**
 * The names that a set's sources give to the numbers in one kind of annotation; undefined where none tells them.
 * @throws Error naming the first class that two sources number or name differently.
 */
export function agreedClasses(
  { path, sources }: Pick<AnnotatedSet, 'path' | 'sources'>,
  kind: NumberedKind,
): readonly string[] | undefined {
  const told = sources.flatMap(({ name, classes }) => {
    const names = classes(kind)
    return names ? [{ name, names }] : []
  })
  const [first, ...others] = told
  for (const { name, names } of others) {
    const longest = Math.max(names.length, first!.names.length)
    const at = Array.from({ length: longest }, (_, i) => i).find((i) => names[i] !== first!.names[i])
    if (at === undefined) continue
    const said = (of: readonly string[]) => (of[at] === undefined ? 'missing' : `'${of[at]}'`)
    throw new Error(
      `${path}: class ${at} of ${kind} annotations is ${said(first!.names)} in source ${first!.name} and ${said(names)} in ${name}; build sources of other classes into a dataset of their own`,
    )
  }
  return first?.names
}

/** The first source that has annotations of a kind and no names for their numbers. */
export const namelessSource = ({ sources }: Pick<AnnotatedSet, 'sources'>, kind: NumberedKind) =>
  sources.find(({ classes }) => classes(kind) === null)?.name

/**
 * Names of the classes in a set's label maps: as a build recorded them, else from `classes.txt` in the folder or the one
 * above it, else those that every copy of the layout has.
 * @param entry Where they may be given instead, for the error.
 * @throws Error where there are none, or sources of a dataset differ.
 */
export function readClassNames(root: string, entry = 'data.classes'): readonly string[] {
  const set = findAnnotatedSet(root)
  const agreed = set && agreedClasses(set, 'label-map')
  const names = agreed ?? (set?.kind === 'dataset' ? undefined : findClassNames(placesOf(root)))
  if (set?.kind !== 'dataset') {
    if (names) return names
    throw new Error(`${root} has no classes.txt: give ${entry}`)
  }
  const nameless = namelessSource(set, 'label-map')
  if (names && nameless === undefined) return names
  throw new Error(
    `${root}: ${nameless === undefined ? 'no source' : `source ${nameless} had no classes.txt and`} tells the names of its label maps' classes: give ${entry}`,
  )
}
