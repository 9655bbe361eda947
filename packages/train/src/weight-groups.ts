import * as tf from '@tensorflow/tfjs-core'
import { isDecayed } from './adamw'
import type { Weights } from './objective'

/** Weights that are updated in one go: of one shape, and decayed alike. */
export interface WeightGroup {
  readonly paths: readonly string[]
  /** Of one of them. */
  readonly shape: readonly number[]
  readonly decay: boolean
}

/**
 * Larger arrays are worth operators of their own; joining them would cost more than it saves. Beside large ones so are those of
 * middle size: their joins make ONNX Runtime hold gradients for longer, which its arena answers by doubling (`step --full`:
 * 5.6 GB instead of 4.5).
 */
const largest = 2 ** 16
const largestBesideLarge = 2 ** 10

const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1)

/**
 * LoRA's matrices, biases and norms are many and small; an update takes some twenty operators, whose start costs more than
 * their work.
 */
export function groupWeights(
  weights: Weights<{ readonly shape: readonly number[] }>,
): readonly WeightGroup[] {
  const large = Object.values(weights).some(({ shape }) => sizeOf(shape) > largest)
  const most = large ? largestBesideLarge : largest
  const groups = new Map<string, WeightGroup & { readonly paths: string[] }>()
  for (const [path, { shape }] of Object.entries(weights)) {
    const decay = isDecayed(path, shape)
    const joins = shape.length > 0 && sizeOf(shape) <= most
    const key = joins ? `${decay} ${shape}` : path
    const group = groups.get(key) ?? { paths: [], shape, decay }
    group.paths.push(path)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** A group's arrays as one: `[members, …shape]`; a single one as it is. */
export function joined({ paths, shape }: WeightGroup, tensors: Weights<tf.Tensor>): tf.Tensor {
  const list = paths.map((path) => tensors[path]!)
  return list.length === 1 ? list[0]! : tf.reshape(tf.concat(list, 0), [list.length, ...shape])
}

/** The arrays of `joined`, by path. */
export function parted({ paths, shape }: WeightGroup, whole: tf.Tensor): Weights<tf.Tensor> {
  if (paths.length === 1) return { [paths[0]!]: whole }
  const rows = tf.reshape(whole, [paths.length * shape[0]!, ...shape.slice(1)])
  return Object.fromEntries(tf.split(rows, paths.length, 0).map((part, i) => [paths[i]!, part]))
}

/** Euclidean norm of every member: `[members]`. */
export function memberNorms({ paths, shape }: WeightGroup, whole: tf.Tensor): tf.Tensor1D {
  const axes = paths.length === 1 ? undefined : shape.map((_, axis) => axis + 1)
  return tf.reshape(tf.sqrt(tf.sum(tf.square(whole), axes)), [paths.length])
}

/** A number for every member in a shape that meets theirs: `[members, 1, …]`, or a scalar. */
export function perMember({ paths, shape }: WeightGroup, numbers: tf.Tensor): tf.Tensor {
  return tf.reshape(numbers, paths.length === 1 ? [] : [paths.length, ...shape.map(() => 1)])
}
