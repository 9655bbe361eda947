import type { Node, Value } from './graph'

const renaming = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity'])

/** Whether an operator only names the same bytes anew. */
export const renames = ({ op }: Pick<Node, 'op'>): boolean => renaming.has(op)

/** The value whose bytes these are. */
export const ownerOf = (value: Value): Value =>
  value.producer && renames(value.producer) ? ownerOf(value.producer.inputs[0]!) : value
