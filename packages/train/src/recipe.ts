import type { BackboneConfig } from '@univ/backbone'
import type { InputSpec } from '@univ/compile'
import type { HostArray, Tree } from '@univ/nn'
import type { Objective, Weights } from './objective'

/** A backbone with its weights, as `loadBackbone` gives it. */
export interface BackboneWeights {
  readonly config: BackboneConfig
  readonly params: Tree<HostArray>
}

/** One kind of training: what is minimised, over what, and what becomes of the result. */
export interface Recipe<Batch> {
  readonly objective: Objective
  /** Starting values of what is trained, by dotted path. */
  readonly weights: Weights<HostArray>
  readonly constants: Tree<HostArray>
  /** Starting values of running statistics (batch norm), by dotted path. */
  readonly statistics?: Weights<HostArray>
  /** Factor on the learning rate of some weights (layer-wise decay). */
  readonly lrScales?: Weights<number>
  /** The batch's inputs; a run's shapes are static. */
  readonly inputs: Readonly<Record<string, InputSpec>>
  /** A batch as those inputs. `step` counts the batches of the run and seeds what is random in a step. */
  feed(batch: Batch, step: number): Record<string, HostArray>
  /** The encoder that these weights make (LoRA merged), to be saved. */
  backbone(weights: Weights<HostArray>): BackboneWeights
  /** Trained arrays that are no part of the encoder but of use later (a classifier, a head), in torch's names. */
  extras?(weights: Weights<HostArray>, statistics: Weights<HostArray>): Readonly<Record<string, HostArray>>
  /** Text stored beside the extras. */
  readonly extrasMetadata?: Readonly<Record<string, string>>
}

/** Images of a batch as an input. @param data `[batch, size, size, 3]`, normalised */
export function imageArray(data: Float32Array, batch: number, size: number): HostArray {
  return { shape: [batch, size, size, 3], dtype: 'float32', data }
}
