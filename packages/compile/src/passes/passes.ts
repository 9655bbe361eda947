import type { Graph } from '../graph'
import { mergeCommonSubexpressions } from './common-subexpressions'
import { foldConstants } from './constant-folding'
import { removeDeadCode } from './dead-code'
import { foldTransposes } from './fold-transposes'
import { joinPads } from './join-pads'
import { shortenScalarChains } from './scalar-chains'
import { scaleProducts } from './scaled-products'
import { mergeSumsOfSquares } from './sum-of-squares'

/** A graph rewritten into an equal one. */
export type Pass = (graph: Graph) => Graph

/** The passes in the order in which they run. */
export const passes = {
  deadCode: removeDeadCode,
  constantFolding: (graph) => foldConstants(graph),
  scalarChains: shortenScalarChains,
  scaledProducts: scaleProducts,
  commonSubexpressions: mergeCommonSubexpressions,
  foldTransposes,
  joinPads,
  sumsOfSquares: mergeSumsOfSquares,
} as const satisfies Record<string, Pass>

/** Passes that fit a graph to the CPU, after all others (`runnable`). */
const cpuPasses = ['tileBatch', 'blockConvolutions', 'sumsAsProducts'] as const

export type PassName = keyof typeof passes | (typeof cpuPasses)[number]

/** Every pass that can be left out. */
export const passNames: readonly PassName[] = [
  ...(Object.keys(passes) as (keyof typeof passes)[]),
  ...cpuPasses,
]

/** Applies every pass but those named in `without`; what a pass leaves unread goes at the end. */
export function optimise(graph: Graph, without: readonly PassName[] = []): Graph {
  const optimised = (Object.keys(passes) as (keyof typeof passes)[])
    .filter((name) => !without.includes(name))
    .reduce((current, name) => passes[name](current), graph)
  return without.includes('deadCode') ? optimised : removeDeadCode(optimised)
}
