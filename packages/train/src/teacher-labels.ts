import * as tf from '@tensorflow/tfjs-core'
import type { Features } from '@univ/backbone'
import { ShapeError } from '@univ/nn'
import { attentionPseudoLabels, type PseudoLabelOptions, similarityPseudoLabels } from '@univ/pccl'

/**
 * Which patches belong together in the teacher's eyes.
 * @param seen The frozen teacher on RGB images.
 * @returns `[batch, tokens, tokens]`, 1 = positive
 */
export function teacherLabels(seen: Features, options: PseudoLabelOptions = {}): tf.Tensor3D {
  const { source = 'attention', layer = -1, mass } = options
  const { blocks, prefix, patchTokens } = seen
  const index = layer < 0 ? blocks.length + layer : layer
  const block = blocks[index]
  if (!block)
    throw new ShapeError(
      `pseudo-labels: layer ${layer} does not exist, the teacher has ${blocks.length} blocks`,
    )
  if (source === 'attention') return attentionPseudoLabels(block.attention, mass, prefix)
  const patches = (t: tf.Tensor3D) => (prefix === 0 ? t : tf.slice(t, [0, prefix, 0], [-1, -1, -1]))
  if (source === 'keys') return similarityPseudoLabels(patches(block.keys), options)
  // The last layer's features are those after the final norm: what the student is compared with.
  const vectors = index === blocks.length - 1 ? patchTokens : patches(block.tokens)
  return similarityPseudoLabels(vectors, options)
}
