/** Nested readonly records and lists of one kind of leaf: parameters, optimiser moments, shapes. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> }

/** A leaf is whatever has a `shape` list: a tensor or a host array. */
function isLeaf<T>(tree: Tree<T>): tree is T {
  return typeof tree === 'object' && tree !== null && Array.isArray((tree as { shape?: unknown }).shape)
}

/**
 * The same tree with every leaf replaced. Fields that are `undefined` are left out.
 * @param visit Receives the leaf and its dotted path (`blocks3.0.attn.qkv.kernel`).
 */
export function mapTree<T, U>(tree: Tree<T>, visit: (leaf: T, path: string) => U, path = ''): Tree<U> {
  if (isLeaf(tree)) return visit(tree, path)
  const below = (key: string | number) => (path === '' ? `${key}` : `${path}.${key}`)
  if (Array.isArray(tree)) return tree.map((item: Tree<T>, i) => mapTree(item, visit, below(i)))
  const entries = Object.entries(tree as Record<string, Tree<T>>).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [key, mapTree(item, visit, below(key))]))
}

/** Every leaf by its dotted path, in the tree's order. */
export function flattenTree<T>(tree: Tree<T>): Record<string, T> {
  const flat: Record<string, T> = {}
  mapTree(tree, (leaf, path) => {
    flat[path] = leaf
    return leaf
  })
  return flat
}

/** The tree that `flattenTree` came from: whole-number keys become lists. */
export function unflattenTree<T>(flat: Readonly<Record<string, T>>): Tree<T> {
  if ('' in flat) return flat[''] as T
  const groups = new Map<string, Record<string, T>>()
  for (const [path, leaf] of Object.entries(flat)) {
    const dot = path.indexOf('.')
    const [head, rest] = dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)]
    const group = groups.get(head) ?? {}
    group[rest] = leaf
    groups.set(head, group)
  }
  const keys = [...groups.keys()]
  const isList = keys.length > 0 && keys.every((key, i) => key === `${i}`)
  const items = keys.map((key) => unflattenTree(groups.get(key)!))
  return isList ? items : Object.fromEntries(keys.map((key, i) => [key, items[i]!]))
}
