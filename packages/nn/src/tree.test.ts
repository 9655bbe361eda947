import { describe, expect, it } from 'vitest'
import { flattenTree, mapTree, type Tree, unflattenTree } from './tree'

const leaf = (n: number) => ({ shape: [n], n })
const tree: Tree<ReturnType<typeof leaf>> = {
  blocks: [{ fc: { kernel: leaf(1), bias: undefined as never } }, { fc: { kernel: leaf(2) } }],
  norm: leaf(3),
}

describe('trees', () => {
  it('flatten to dotted paths and come back', () => {
    const flat = flattenTree(tree)
    expect(Object.keys(flat)).toEqual(['blocks.0.fc.kernel', 'blocks.1.fc.kernel', 'norm'])
    expect(flattenTree(unflattenTree(flat))).toEqual(flat)
    expect(Array.isArray((unflattenTree(flat) as { blocks: unknown }).blocks)).toBe(true)
  })

  it('map leaf by leaf with their paths', () => {
    const names = mapTree(tree, (item, path) => ({ shape: item.shape, path }))
    expect((flattenTree(names) as Record<string, { path: string }>).norm!.path).toBe('norm')
  })
})
