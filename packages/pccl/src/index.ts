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
export { clusterTokens } from './measures/clusters'
export type { LabelQuality } from './measures/label-quality'
export { labelQuality } from './measures/label-quality'
export type { LogitFit, LogitFitter } from './measures/logit-fit'
export { logitFitter } from './measures/logit-fit'
export type { Probe, ProbeOptions } from './measures/probe'
export { fitProbe, majorityShare, predictProbe, probeAccuracy } from './measures/probe'
export type { Retrieval, RetrievalScores, Shift } from './measures/retrieval'
export { patchRetrieval, positionBaseline } from './measures/retrieval'
export { alignedCosine, linearCka, separability } from './measures/similarity'
export type { TokenSet } from './measures/token-set'
export { normalisedRows } from './measures/token-set'
export type { ObjectiveInputs, ObjectiveOptions, ObjectiveResult } from './objective'
export { pcclObjective } from './objective'
export type { PseudoLabelOptions } from './pseudo-label'
export {
  attentionPseudoLabels,
  pseudoLabels,
  similarityPseudoLabels,
  tokenCosines,
  unitRows,
} from './pseudo-label'
