import { type Graph, type GraphBuilder, type GraphData, type Node, sizeOf, type Value } from '../graph'
import { padded, windowRows } from '../kernels/conv-geometry'
import { reshape, transpose } from '../kernels/kernel'
import { foldConstants } from './constant-folding'
import { rewrite } from './rewrite'

/** Kernels with fewer elements stay float32: classifiers, whose products are cheap and whose errors are seen. */
const least = 2 ** 14

/**
 * Weights and activations of matrix products and convolutions in 8 bits. Weights are signed, with one scale for each output
 * channel and the zero in the middle; activations unsigned, with one scale and zero point for the tensor, taken from its
 * own least and greatest value when it is there (`DynamicQuantizeLinear`), so that no calibration data is needed. Sums
 * are 32-bit integers, exact; everything else stays float32. Kernels must be constants: the pass is for inference.
 */
export function quantise(graph: Graph): Graph {
  // One array may be read in several shapes, and both ways round.
  const kernels = new Map<GraphData, Map<string, QuantisedKernel>>()
  const quantised = (kernel: Value, turned: boolean, build: GraphBuilder): QuantisedKernel => {
    const ofArray = kernels.get(kernel.data!) ?? new Map<string, QuantisedKernel>()
    kernels.set(kernel.data!, ofArray)
    const key = `${kernel.shape} ${turned}`
    const made = ofArray.get(key) ?? quantiseKernel(kernel, turned, build)
    ofArray.set(key, made)
    return made
  }
  // Parts of kernels become kernels of their own; filters of convolutions stay as they are, known by their turn.
  return rewrite(foldConstants(graph, 0), (node, { build }) => {
    if (node.op === 'Gemm') return gemm(node, build, quantised)
    return node.op === 'Conv' ? convolution(node, build, quantised) : undefined
  })
}

interface QuantisedKernel {
  /** int8 `[in, out]` */
  readonly values: Value
  /** float32 `[out]` */
  readonly scales: Value
}

type Quantised = (kernel: Value, turned: boolean, build: GraphBuilder) => QuantisedKernel

const isKernel = ({ data, dtype, shape }: Value): boolean =>
  data !== undefined && dtype === 'float32' && sizeOf(shape) >= least

function gemm({ inputs, outputs, attributes }: Node, build: GraphBuilder, quantised: Quantised) {
  const [x, kernel, bias] = inputs as [Value, Value, Value?]
  if (!isKernel(kernel) || attributes.transA) return undefined
  const { values, scale, zero } = quantiseRows(build, x)
  const y = product(build, values, scale, zero, quantised(kernel, Boolean(attributes.transB), build))
  return [bias ? build.emit('Add', [y, bias], outputs[0]!.shape, 'float32') : y]
}

/** A convolution over all channels as one product: the pixels under the filter side by side, in 8 bits. */
function convolution(node: Node, build: GraphBuilder, quantised: Quantised) {
  const [x, weights] = node.inputs as [Value, Value]
  const [image, filter] = [turnedFrom(x, '0,3,1,2'), turnedFrom(weights, '3,2,0,1')]
  if (!image || !filter || !isKernel(filter) || node.attributes.group !== 1) return undefined
  const [kh, kw, channels, out] = filter.shape as [number, number, number, number]
  const [batch, , height, width] = node.outputs[0]!.shape as [number, number, number, number]
  const [top, left, bottom, right] = node.attributes.pads as [number, number, number, number]
  const pair = (name: string) => node.attributes[name] as readonly [number, number]
  const { values, scale, zero } = quantiseRows(build, image)
  const border = { top, left, bottom, right }
  const places = windowRows(build, padded(build, values, border, zero), {
    kernel: [kh, kw],
    strides: pair('strides'),
    dilations: pair('dilations'),
    output: [height, width],
  })
  const rows = [...places]
  const matrix =
    rows.length === 1
      ? rows[0]!
      : build.emit('Concat', rows, [batch * height * width, kh * kw * channels], 'uint8', { axis: 1 })
  const flat: Value = { ...filter, shape: [kh * kw * channels, out] }
  const y = product(build, matrix, scale, zero, quantised(flat, false, build))
  return [transpose(build, reshape(build, y, [batch, height, width, out]), [0, 3, 1, 2])]
}

/** What a transpose turned; the tracer keeps images and filters as tfjs has them and turns them before a `Conv`. */
const turnedFrom = ({ producer }: Value, perm: string): Value | undefined =>
  producer?.op === 'Transpose' && `${producer.attributes.perm}` === perm ? producer.inputs[0] : undefined

function quantiseRows(build: GraphBuilder, x: Value) {
  const outputs = [
    { shape: x.shape, dtype: 'uint8' },
    { shape: [], dtype: 'float32' },
    { shape: [], dtype: 'uint8' },
  ] as const
  const [values, scale, zero] = build.emitAll('DynamicQuantizeLinear', [x], outputs)
  return { values: values!, scale: scale!, zero: zero! }
}

/** `(rows − zero) · kernel`, back in float32; ONNX Runtime makes one operator of these. */
function product(
  build: GraphBuilder,
  rows: Value,
  scale: Value,
  zero: Value,
  kernel: QuantisedKernel,
): Value {
  const { values, scales } = kernel
  const shape = [rows.shape[0]!, values.shape[1]!]
  const sums = build.emit('MatMulInteger', [rows, values, zero], shape, 'int32')
  const floats = build.emit('Cast', [sums], shape, 'float32', { to: 1 })
  return build.emit(
    'Mul',
    [floats, build.emit('Mul', [scale, scales], scales.shape, 'float32')],
    shape,
    'float32',
  )
}

/** @param turned The kernel is `[out, in]` instead of `[in, out]`. */
function quantiseKernel({ shape, data }: Value, turned: boolean, build: GraphBuilder): QuantisedKernel {
  const [rows, columns] = (turned ? [shape[1], shape[0]] : shape) as [number, number]
  const at = (i: number, j: number) => (data as Float32Array)[turned ? j * rows + i : i * columns + j]!
  const scales = new Float32Array(columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) scales[j] = Math.max(scales[j]!, Math.abs(at(i, j)))
  // A channel of zeros needs some scale; its values are 0 with any.
  for (let j = 0; j < columns; j++) scales[j] = scales[j]! === 0 ? 1 : scales[j]! / 127
  const values = new Int8Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) values[i * columns + j] = Math.round(at(i, j) / scales[j]!)
  return {
    values: build.constant(values, [rows, columns], 'int8'),
    scales: build.constant(scales, [columns], 'float32'),
  }
}
