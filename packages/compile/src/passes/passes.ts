import type { Graph } from '../graph'
import { mergeCommonSubexpressions } from './common-subexpressions'
import { removeDeadCode } from './dead-code'

/** A graph rewritten into an equal one. */
export type Pass = (graph: Graph) => Graph

/** The passes in the order in which they run. */
export const passes = {
  deadCode: removeDeadCode,
  commonSubexpressions: mergeCommonSubexpressions,
} as const satisfies Record<string, Pass>

export type PassName = keyof typeof passes

/** Applies every pass but those named in `without`. */
export function optimise(graph: Graph, without: readonly PassName[] = []): Graph {
  return (Object.keys(passes) as PassName[])
    .filter((name) => !without.includes(name))
    .reduce((current, name) => passes[name](current), graph)
}
