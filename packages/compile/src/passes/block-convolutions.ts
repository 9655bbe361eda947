import { ownerOf } from '../aliases'
import type { Graph, GraphBuilder, Node, Value } from '../graph'
import { reshape } from '../kernels/kernel'
import { mergeCommonSubexpressions } from './common-subexpressions'
import { removeDeadCode } from './dead-code'
import { rewrite } from './rewrite'

const domain = 'com.microsoft.nchwc'

/** Full convolutions onto fewer places than this cost less than their filter's way into blocks brings. */
const leastPlaces = 1024

/**
 * Convolutions whose filter is computed or trained, over channels in blocks (`[batch, channels / block, height, width, block]`).
 * ONNX Runtime does this itself where the filter is a constant. Otherwise it copies the pixels under every place of the
 * filter side by side, which for depthwise filters, and most of all for their gradients, takes several times as long.
 * @param block Channels of a block on this processor, as `channelBlock` finds it.
 */
export function blockConvolutions(graph: Graph, block: number): Graph {
  const rewritten = rewrite(graph, (node, { build }) => {
    if (fits(node, block)) return [convolve(build, node, block)]
    const before = node.inputs[0]?.producer
    if (
      node.op === 'Transpose' &&
      before?.op === 'ReorderOutput' &&
      before.attributes.channels_last === 0 &&
      `${node.attributes.perm}` === '0,2,3,1'
    )
      return [unblocked(build, before.inputs[0]!, node.outputs[0]!.shape, true)]
    return undefined
  })
  return removeDeadCode(mergeCommonSubexpressions(rewritten))
}

/** A convolution of float32 images whose filter is no constant. */
export function isTrainedConvolution({ op, domain: own, inputs }: Node): boolean {
  if (op !== 'Conv' || own !== '') return false
  const [x, filter] = inputs as [Value, Value]
  const constant = filter.data !== undefined || filter.fill !== undefined
  return !constant && x.dtype === 'float32' && x.shape.length === 4
}

function fits(node: Node, block: number): boolean {
  if (!isTrainedConvolution(node)) return false
  const { inputs, outputs, attributes } = node
  const [x, filter] = inputs as [Value, Value]
  const [channels, out] = [x.shape[1]!, filter.shape[0]!]
  if (channels % block !== 0 || out % block !== 0) return false
  if (attributes.group !== 1) return attributes.group === channels && out === channels
  const [batch, , height, width] = outputs[0]!.shape as [number, number, number, number]
  const places = filter.shape[2]! * filter.shape[3]!
  return places > 1 && batch * height * width >= leastPlaces
}

function convolve(build: GraphBuilder, { inputs, outputs, attributes }: Node, block: number): Value {
  const [x, filter, ...bias] = inputs as [Value, Value, ...Value[]]
  const { shape } = outputs[0]!
  const kernel =
    attributes.group === 1 ? blockedFilter(build, filter, block) : blockedDepthwise(build, filter, block)
  const y = build.emit(
    'Conv',
    [blocked(build, x, block), kernel, ...bias],
    shape,
    'float32',
    attributes,
    domain,
  )
  return unblocked(build, y, shape, false)
}

/** @param channelsLast Whether `shape` is `[batch, height, width, channels]`, else `[batch, channels, height, width]`. */
function unblocked(build: GraphBuilder, y: Value, shape: readonly number[], channelsLast: boolean): Value {
  const attributes = { channels: y.shape[1]!, channels_last: Number(channelsLast) }
  return build.emit('ReorderOutput', [y], shape, 'float32', attributes, domain)
}

/** `[batch, channels, height, width]` in blocks. Images and channels that a reshape put together are in the same order then. */
function blocked(build: GraphBuilder, x: Value, block: number): Value {
  const images = ownerOf(x)
  const same =
    images.shape.length === 4 &&
    images.shape[1]! % block === 0 &&
    images.shape[0]! * images.shape[1]! === x.shape[0]! * x.shape[1]! &&
    images.shape[2] === x.shape[2] &&
    images.shape[3] === x.shape[3]
  if (!same) return build.emit('ReorderInput', [x], x.shape, 'float32', {}, domain)
  return reshape(build, blockedImages(build, images), x.shape)
}

function blockedImages(build: GraphBuilder, images: Value): Value {
  const { producer, shape } = images
  if (producer?.op === 'ReorderOutput' && producer.attributes.channels_last === 0) return producer.inputs[0]!
  const turned = producer?.op === 'Transpose' && `${producer.attributes.perm}` === '0,3,1,2'
  const source = turned ? producer.inputs[0]! : images
  const attributes = { channels_last: Number(turned) }
  return build.emit('ReorderInput', [source], shape, 'float32', attributes, domain)
}

/** `[channels, 1, kh, kw]`: as one image's channels. */
function blockedDepthwise(build: GraphBuilder, filter: Value, block: number): Value {
  const [channels, , kh, kw] = filter.shape as [number, number, number, number]
  const image = reshape(build, filter, [1, channels, kh, kw])
  return reshape(build, blocked(build, image, block), filter.shape)
}

/** `[out, in, kh, kw]` as `[out / block, in / block, kh, kw, in of a block, out of a block]`, in one way with a transpose before. */
function blockedFilter(build: GraphBuilder, filter: Value, block: number): Value {
  const turned = filter.producer?.op === 'Transpose' ? filter.producer : undefined
  const source = turned ? turned.inputs[0]! : filter
  const [outAxis, inAxis, heightAxis, widthAxis] = (turned?.attributes.perm ?? [0, 1, 2, 3]) as number[]
  // Every axis of the source in two: whole blocks (or all of it) and places within one.
  const within = (axis: number) => (axis === outAxis || axis === inAxis ? block : 1)
  const split = source.shape.flatMap((dim, axis) => [dim / within(axis), within(axis)])
  const [whole, place] = [(axis: number) => 2 * axis, (axis: number) => 2 * axis + 1]
  const perm = [outAxis!, inAxis!, heightAxis!, widthAxis!]
    .map(whole)
    .concat([inAxis!, outAxis!, heightAxis!, widthAxis!].map(place))
  const parts = reshape(build, source, split)
  const shape = perm.map((axis) => split[axis]!)
  return reshape(build, build.emit('Transpose', [parts], shape, 'float32', { perm }), filter.shape)
}
