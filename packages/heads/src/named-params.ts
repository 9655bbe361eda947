import type * as tf from '@tensorflow/tfjs-core'
import { flattenTree, ShapeError, type Tree, unflattenTree } from '@univ/nn'

/**
 * Weights, flat or as a tree, by what they are for.
 * @param parts What must be there.
 * @throws ShapeError naming the caller and the parts that are missing.
 */
export function namedParams(weights: Tree<tf.Tensor>, parts: readonly string[], caller: string): unknown {
  const params = unflattenTree(flattenTree(weights))
  const missing = parts.filter((part) => !(part in params))
  if (missing.length === 0) return params
  throw new ShapeError(`${caller}: no ${missing.join(', no ')} in ${Object.keys(params)}`)
}
