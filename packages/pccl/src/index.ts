export type { LogitOptions } from './loss'
export {
  collapseBound,
  emptyPatches,
  lowerEmptyRows,
  patchSimilarityLoss,
  pcclLogits,
  pcclLoss,
  tokenLoss,
} from './loss'
export type { ObjectiveInputs, ObjectiveOptions, ObjectiveResult } from './objective'
export { pcclObjective } from './objective'
export type { PseudoLabelOptions } from './pseudo-label'
export { attentionPseudoLabels, pseudoLabels, similarityPseudoLabels, unitRows } from './pseudo-label'
