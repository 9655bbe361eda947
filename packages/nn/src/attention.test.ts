import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, it } from 'vitest'
import { attention } from './attention'
import { checkGradient, close, random } from './testing/checks'

await tf.setBackend('cpu')

describe('attention by hand', () => {
  // One token of width 2 is [1, 0], the other [0, 1]; query = key = value = x, so scores are the identity / √2.
  const x = tf.tensor3d([
    [
      [1, 0],
      [0, 1],
    ],
  ])
  const eye = tf.tensor2d([
    [1, 0],
    [0, 1],
  ])
  const params = { qkv: { kernel: tf.concat([eye, eye, eye], 1) as tf.Tensor2D }, proj: { kernel: eye } }
  const own = Math.exp(Math.SQRT1_2) / (Math.exp(Math.SQRT1_2) + 1)

  it('weighs a token by the exponential of its scaled score', () => {
    const { map, tokens, keys } = attention(x, params, 1)
    close(map, [own, 1 - own, 1 - own, own])
    close(tokens, [own, 1 - own, 1 - own, own])
    close(keys, [1, 0, 0, 1])
  })

  it('gives the heads their own stretches of the width', () => {
    // Two heads of width 1: head 0 sees only the first token as different from zero, head 1 the second.
    const even = 0.5
    const strong = Math.E / (Math.E + 1)
    close(attention(x, params, 2).map, [strong, 1 - strong, even, even, even, even, 1 - strong, strong])
  })

  it('adds the relative position bias before the softmax', () => {
    const bias = tf.tensor3d([
      [
        [0, Math.SQRT1_2],
        [0, 0],
      ],
    ])
    close(attention(x, params, 1, bias).map, [0.5, 0.5, 1 - own, own])
  })

  it('has the gradients of its differences in bias, projection and input', () => {
    checkGradient(
      (tokens, bias, proj) =>
        attention(
          tokens as tf.Tensor3D,
          { qkv: { kernel: random([4, 12], 3) as tf.Tensor2D }, proj: { kernel: proj as tf.Tensor2D } },
          2,
          bias as tf.Tensor3D,
        ).tokens,
      [random([1, 3, 4]), random([2, 3, 3], 1), random([4, 4], 2)],
    )
  })
})
