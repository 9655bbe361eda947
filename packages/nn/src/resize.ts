import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from './arrays'

export type Interpolation = 'bilinear' | 'bicubic'

/**
 * The matrix `[to, from]` that resamples one axis, half-pixel centres (PyTorch's `align_corners=False`).
 * @param scale Output pixels per input pixel where it is not `to / from` (PyTorch's `scale_factor`).
 * A resize is then two small products, whose gradients are right on every backend (tfjs' own are not).
 */
export function resizeMatrix(from: number, to: number, kind: Interpolation, scale = to / from): HostArray {
  const data = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const raw = (i + 0.5) / scale - 0.5
    const centre = kind === 'bilinear' ? Math.max(raw, 0) : raw
    const first = Math.floor(centre)
    const taps = kind === 'bilinear' ? [1 - (centre - first), centre - first] : cubicTaps(centre - first)
    const start = kind === 'bilinear' ? first : first - 1
    taps.forEach((weight, k) => {
      const source = Math.min(Math.max(start + k, 0), from - 1)
      data[i * from + source]! += weight
    })
  }
  return { shape: [to, from], dtype: 'float32', data }
}

/** Keys' cubic with a = -0.75, PyTorch's choice. */
function cubicTaps(t: number): number[] {
  const a = -0.75
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
  return [far(t + 1), near(t), near(1 - t), far(2 - t)]
}

/** Means of nearly equal stretches, PyTorch's `adaptive_avg_pool`: `[to, from]`. */
export function poolMatrix(from: number, to: number): HostArray {
  const data = new Float32Array(to * from)
  for (let i = 0; i < to; i++) {
    const [start, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)]
    data.fill(1 / (end - start), i * from + start, i * from + end)
  }
  return { shape: [to, from], dtype: 'float32', data }
}

/** Applies one matrix to the rows and one to the columns of `[batch, height, width, channels]`. */
function resample(x: tf.Tensor4D, rows: HostArray, columns: HostArray): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const [toHeight, toWidth] = [rows.shape[0]!, columns.shape[0]!]
  const asTensor = ({ data, shape }: HostArray) =>
    tf.tensor2d(data as Float32Array, shape as [number, number])
  const across = tf.matMul(asTensor(columns), tf.reshape(x, [batch * height, width, channels]))
  const down = tf.matMul(asTensor(rows), tf.reshape(across, [batch, height, toWidth * channels]))
  return tf.reshape(down, [batch, toHeight, toWidth, channels])
}

/** @param x `[batch, height, width, channels]` */
export function resize(
  x: tf.Tensor4D,
  height: number,
  width: number,
  kind: Interpolation = 'bilinear',
): tf.Tensor4D {
  if (x.shape[1] === height && x.shape[2] === width) return x
  return resample(x, resizeMatrix(x.shape[1], height, kind), resizeMatrix(x.shape[2], width, kind))
}

/** @param x `[batch, height, width, channels]` */
export function adaptiveAveragePool(x: tf.Tensor4D, size: number): tf.Tensor4D {
  return resample(x, poolMatrix(x.shape[1], size), poolMatrix(x.shape[2], size))
}
