import * as tf from '@tensorflow/tfjs-core'

/** Scale and offset over the last axis. */
export interface NormParams {
  /** `[width]` */
  readonly scale: tf.Tensor1D
  /** `[width]` */
  readonly offset: tf.Tensor1D
}

interface Normalised {
  readonly y: tf.Tensor
  readonly mean: tf.Tensor
  readonly inverse: tf.Tensor
}

/** One kernel where the backend has it (the tracer), ops elsewhere. `mean` and `inverse` are `[…, 1]`. */
function normalise(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): Normalised {
  if (tf.getKernel('LayerNormalization', tf.getBackend())) {
    const [y, mean, inverse] = tf
      .engine()
      .runKernel('LayerNormalization', { x, scale, offset }, { epsilon }) as tf.Tensor[]
    return { y: y!, mean: mean!, inverse: inverse! }
  }
  const mean = tf.mean(x, -1, true)
  const centred = tf.sub(x, mean)
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
  return { y: tf.add(tf.mul(tf.mul(centred, inverse), scale), offset), mean, inverse }
}

/**
 * Layer normalisation over the last axis, with the gradient as one closed formula instead of a chain.
 * @param x `[…, width]`
 * @param epsilon PyTorch's default is 1e-5; ViT-like encoders use 1e-6.
 */
export function layerNorm<T extends tf.Tensor>(x: T, { scale, offset }: NormParams, epsilon: number): T {
  const op = tf.customGrad((...args) => {
    const [input, gain, shift, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const { y, mean, inverse } = normalise(input, gain, shift, epsilon)
    save([input, gain, mean, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x0, gain0, mean0, inverse0] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const unit = tf.mul(tf.sub(x0, mean0), inverse0)
      const [scaled, met] = [tf.mul(dy, gain0), tf.mul(dy, unit)]
      const along = tf.mul(unit, tf.mean(tf.mul(met, gain0), -1, true))
      const dx = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along), inverse0)
      const leading = x0.shape.slice(0, -1).map((_, i) => i)
      return [dx, tf.sum(met, leading), tf.sum(dy, leading)]
    }
    return { value: y, gradFunc }
  })
  return op(x, scale, offset) as T
}
