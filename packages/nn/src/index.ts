export type { HostArray } from './arrays'
export { toHost, toTensor } from './arrays'
export type { Tree } from './tree'
export { flattenTree, mapTree, unflattenTree } from './tree'
