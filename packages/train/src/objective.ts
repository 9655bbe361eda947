import type * as tf from '@tensorflow/tfjs-core'
import type { ProgramArguments } from '@univ/compile'
import type { Tree } from '@univ/nn'

/** Trained tensors by dotted path. */
export type Weights<T> = Readonly<Record<string, T>>

/** What is minimised: a pure function of the trained weights, the step's inputs and the frozen arrays. */
export type Objective = (args: {
  readonly weights: Weights<tf.Tensor>
  readonly inputs: ProgramArguments['inputs']
  readonly constants: Tree<tf.Tensor>
  /** Running statistics (batch norm), where the recipe has them. */
  readonly statistics: Weights<tf.Tensor>
}) => {
  readonly loss: tf.Scalar
  /** Further scalars to report. */
  readonly metrics: Readonly<Record<string, tf.Tensor>>
  /** What becomes of the statistics: renewed by every batch, gathered gradients or not, as in PyTorch. */
  readonly statistics?: Weights<tf.Tensor>
}
