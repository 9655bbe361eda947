import * as tf from '@tensorflow/tfjs-core'
import { type ConvParams, conv2d } from './conv'
import { resize, resizeMatrix } from './resize'
import { ShapeError } from './shape-error'

/**
 * The convolution (stride 1, output as large as the input) of maps that are brought to the first one's size and put side by
 * side in the channels: to rounding, `conv2d(tf.concat(maps.map(resize), 3), params, { padding: 'same' })`.
 *
 * Coarser maps are never enlarged. Mixing channels and resampling places commute, so the filter's matrices are applied
 * where the map is small, and one product for each axis then enlarges, moves and sums what they gave. A map of half the
 * side costs a quarter of its share of the convolution, in the gradients too.
 * @param maps `[batch, height, width, channels]` each; resized bilinearly, half-pixel centres
 * @param params filter `[kh, kw, channels of all maps, out]`
 * @returns `[batch, height, width, out]` of the first map's size
 * @throws ShapeError where the filter is for another number of channels.
 */
export function convResized(maps: readonly tf.Tensor4D[], { filter, bias }: ConvParams): tf.Tensor4D {
  const [batch, height, width] = maps[0]!.shape
  const [kh, , channels, out] = filter.shape
  const widths = maps.map(({ shape }) => shape[3])
  if (widths.reduce((sum, next) => sum + next, 0) !== channels)
    throw new ShapeError(`convResized: maps of ${widths.join(' + ')} channels, the filter is for ${channels}`)
  const filters = divided(filter, widths, 2)
  const parts = maps.map((map, i) => ({ map, filter: filters[i]! }))
  const isCoarse = ({ map }: Part) => map.shape[1] * map.shape[2] < height * width
  const [fine, coarse] = [parts.filter((part) => !isCoarse(part)), parts.filter(isCoarse)]
  const resized = fine.map(({ map }) => resize(map, height, width))
  const own = fine.map((part) => part.filter)
  const direct = conv2d(joined(resized, 3), { filter: joined(own, 2), bias }, { padding: 'same' })
  if (coarse.length === 0) return direct
  const rows = coarse.map(({ map }) =>
    tf.reshape(movedResize(map.shape[1], height, kh), [height, kh * map.shape[1]]),
  )
  const mixed = coarse.flatMap((part) => mixThenWiden(part, width))
  const enlarged = tf.matMul(joined(rows, 1), joined(mixed, 1))
  return tf.add(direct, tf.reshape(enlarged, [batch, height, width, out]))
}

/** A map and the part of the filter that meets it. */
interface Part {
  readonly map: tf.Tensor4D
  readonly filter: tf.Tensor4D
}

const joined = <T extends tf.Tensor>(parts: readonly T[], axis: number): T =>
  parts.length === 1 ? parts[0]! : tf.concat([...parts], axis)

/** A split into one part has no gradient in tfjs. */
const divided = <T extends tf.Tensor>(x: T, sizes: number[], axis: number): T[] =>
  sizes.length === 1 ? [x] : tf.split(x, sizes, axis)

/** @returns for each row of the filter what its matrices make of the map, as wide as wanted: `[batch, rows, width · out]` */
function mixThenWiden({ map, filter }: Part, width: number): tf.Tensor3D[] {
  const [batch, rows, columns, channels] = map.shape
  const [kh, kw, , out] = filter.shape
  const pixels = tf.reshape(map, [batch * rows * columns, channels])
  const kernels = tf.reshape(tf.transpose(filter, [0, 2, 1, 3]), [kh * channels, kw * out]) as tf.Tensor2D
  const widen = tf.reshape(tf.transpose(movedResize(columns, width, kw), [0, 2, 1]), [width, columns * kw])
  return divided(kernels, Array(kh).fill(channels), 0).map((kernel) => {
    const mixed = tf.reshape(tf.matMul(pixels, kernel), [batch * rows, columns * kw, out])
    return tf.reshape(tf.matMul(widen, mixed), [batch, rows, width * out])
  })
}

/** The resize of one axis as each place of a filter sees it, zeros around the axis included: `[to, places, from]`. */
function movedResize(from: number, to: number, places: number): tf.Tensor3D {
  const matrix = resizeMatrix(from, to, 'bilinear').data as Float32Array
  const data = new Float32Array(to * places * from)
  const before = Math.floor((places - 1) / 2)
  for (let i = 0; i < to; i++)
    for (let place = 0; place < places; place++) {
      const met = i + place - before
      if (met >= 0 && met < to)
        data.set(matrix.subarray(met * from, (met + 1) * from), (i * places + place) * from)
    }
  return tf.tensor3d(data, [to, places, from])
}
