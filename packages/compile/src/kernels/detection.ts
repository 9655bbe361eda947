import { CompileError } from '../compile-error'
import { cast, type KernelCall, type KernelTable, reshape } from './kernel'

/**
 * Non-maximum suppression with a fixed number of results (`tf.image.nonMaxSuppressionPadded`). ONNX's operator gives
 * as many rows as survive; zeros fill them up, so that everything after it has a static shape.
 */
function paddedSuppression({ build, input, attrs }: KernelCall) {
  const [boxes, scores] = [input('boxes'), input('scores')]
  const most = attrs.maxOutputSize as number
  const count = scores.shape[0]!
  if (!attrs.padToMaxOutputSize || most > count)
    throw new CompileError(
      `NonMaxSuppressionV4: a fixed number of results is needed: pad to maxOutputSize, and ask for at most ${count}, got ${most}`,
    )
  const rows = build.emit(
    'NonMaxSuppression',
    [
      reshape(build, boxes, [1, count, 4]),
      reshape(build, scores, [1, 1, count]),
      build.ints([most]),
      build.scalar(attrs.iouThreshold),
      build.scalar(attrs.scoreThreshold),
    ],
    [most, 3], // at most; the rows are [batch, class, box]
    'int64',
  )
  const found = build.emit('Gather', [rows, build.scalar(2, 'int32')], [most], 'int64', { axis: 1 })
  const number = build.emit('Shape', [found], [1], 'int64')
  const padded = build.emit('Concat', [found, build.ints(new Array(most).fill(0))], [2 * most], 'int64', {
    axis: 0,
  })
  const fixed = build.emit('Slice', [padded, build.ints([0]), build.ints([most])], [most], 'int64')
  return [cast(build, fixed, 'int32'), reshape(build, cast(build, number, 'int32'), [])]
}

/** Kernels of object detection. */
export const detectionKernels: KernelTable = { NonMaxSuppressionV4: paddedSuppression }
