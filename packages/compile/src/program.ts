import type * as tf from '@tensorflow/tfjs-core'
import type { HostArray, Tree } from '@univ/nn'

/** A run-time input; a dimension given by name (`'batch'`) may differ between runs, equal names being equal. */
export interface InputSpec {
  readonly shape: readonly (number | string)[]
  readonly dtype: HostArray['dtype']
}

export type InputSpecs = Readonly<Record<string, InputSpec>>

/** What a program works on: `inputs` change with every run, `constants` never, `state` is read and replaced. */
export interface Signature<
  Inputs extends InputSpecs = InputSpecs,
  Constants extends Tree<HostArray> = Tree<HostArray>,
  State extends Tree<HostArray> = Tree<HostArray>,
> {
  readonly inputs: Inputs
  readonly constants?: Constants
  readonly state?: State
}

interface TensorOfRank {
  0: tf.Scalar
  1: tf.Tensor1D
  2: tf.Tensor2D
  3: tf.Tensor3D
  4: tf.Tensor4D
  5: tf.Tensor5D
  6: tf.Tensor<tf.Rank.R6>
}

/** A tensor of the rank that a shape's type tells, of any rank where it tells none. */
export type TensorOf<Shape extends readonly unknown[]> = Shape['length'] extends infer Rank extends
  keyof TensorOfRank
  ? TensorOfRank[Rank]
  : tf.Tensor

/** The same records and lists with tensors in place of arrays. */
export type Tensors<T> = [Tree<HostArray>] extends [T]
  ? Tree<tf.Tensor>
  : T extends HostArray<infer Shape>
    ? TensorOf<Shape>
    : { readonly [Key in keyof T]: Tensors<T[Key]> }

/** What a program is called with: tensors in the shapes of the signature. */
export interface ProgramArguments<
  Inputs extends InputSpecs = InputSpecs,
  Constants extends Tree<HostArray> = Tree<HostArray>,
  State extends Tree<HostArray> = Tree<HostArray>,
> {
  readonly inputs: { readonly [Name in keyof Inputs]: TensorOf<Inputs[Name]['shape']> }
  /** Frozen arrays, as the signature's `constants`. */
  readonly constants: Tensors<Constants>
  /** Arrays that the program replaces, as the signature's `state`. */
  readonly state: Tensors<State>
}

/** Tensors by name. */
export type Outputs = Readonly<Record<string, tf.Tensor>>

/** What a program returns; state that it leaves out stays as it was. */
export interface ProgramResult<Results extends Outputs = Outputs> {
  readonly outputs: Results
  readonly state?: Tree<tf.Tensor>
}

/** A pure function of tensors, written with tfjs-core's free functions. */
export type Program<
  Inputs extends InputSpecs = InputSpecs,
  Constants extends Tree<HostArray> = Tree<HostArray>,
  State extends Tree<HostArray> = Tree<HostArray>,
  Results extends Outputs = Outputs,
> = (args: ProgramArguments<Inputs, Constants, State>) => ProgramResult<Results>
