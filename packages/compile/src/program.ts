import type * as tf from '@tensorflow/tfjs-core'
import type { HostArray, Tree } from '@univ/nn'

/** What a program is called with: tensors in the shapes of the signature. */
export interface ProgramArguments {
  readonly inputs: Readonly<Record<string, tf.Tensor>>
  /** Frozen arrays, as the signature's `constants`. */
  readonly constants: Tree<tf.Tensor>
  /** Arrays that the program replaces, as the signature's `state`. */
  readonly state: Tree<tf.Tensor>
}

/** What a program returns; state that it leaves out stays as it was. */
export interface ProgramResult {
  readonly outputs: Readonly<Record<string, tf.Tensor>>
  readonly state?: Tree<tf.Tensor>
}

/** A pure function of tensors, written with tfjs-core's free functions. */
export type Program = (args: ProgramArguments) => ProgramResult

/** A run-time input; a dimension given by name (`'batch'`) may differ between runs, equal names being equal. */
export interface InputSpec {
  readonly shape: readonly (number | string)[]
  readonly dtype: HostArray['dtype']
}

export interface Signature {
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly constants?: Tree<HostArray>
  readonly state?: Tree<HostArray>
}
