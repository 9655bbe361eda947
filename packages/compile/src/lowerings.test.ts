import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { kernelTable } from './kernels/register'
import {
  type Arrays,
  bools,
  expectAsEager,
  floats,
  ints,
  type Op,
  outputsOf,
  withGradients,
} from './testing/as-eager'

const f = floats
const cases: Record<string, [Op, ...Arrays]> = {
  Identity: [tf.clone, f([2, 3])],
  Cast: [
    ((x: tf.Tensor) => [
      tf.cast(x, 'int32'),
      tf.cast(x, 'bool'),
      tf.cast(tf.cast(x, 'bool'), 'float32'),
    ]) as Op,
    f([7]),
  ],
  Add: [tf.add as Op, f([2, 1, 3]), f([4, 1], 2)],
  'Add of integers': [tf.add as Op, ints([1, -2, 3]), ints([5])],
  'Add to nothing': [tf.add as Op, f([0, 3]), f([1, 3])],
  Sub: [tf.sub as Op, f([3]), f([], 2)],
  Multiply: [tf.mul as Op, f([2, 3]), f([2, 1], 2)],
  RealDiv: [tf.div as Op, f([2, 3]), f([3], 2)],
  AddN: [((a: tf.Tensor, b: tf.Tensor) => tf.addN([a, b, a])) as Op, f([2, 2]), f([2, 2], 2)],
  FloorDiv: [tf.floorDiv as Op, ints([7, -7, 5]), ints([2, 2, -3])],
  Mod: [tf.mod as Op, f([9]), f([9], 5)],
  'Mod of integers': [tf.mod as Op, ints([7, 8, 9]), ints([4])],
  Pow: [tf.pow as Op, f([5], 1, 0.1, 3), f([5], 2)],
  Maximum: [tf.maximum as Op, f([2, 3]), f([3], 2)],
  Minimum: [tf.minimum as Op, f([2, 3]), f([1], 2)],
  SquaredDifference: [tf.squaredDifference as Op, f([2, 3]), f([3], 2)],
  Sqrt: [tf.sqrt as Op, f([6], 1, 0, 9)],
  Rsqrt: [tf.rsqrt as Op, f([6], 1, 0.5, 9)],
  Log: [tf.log as Op, f([6], 1, 0.5, 9)],
  Log1p: [tf.log1p as Op, f([6], 1, 0, 9)],
  LeakyRelu: [((x: tf.Tensor) => tf.leakyRelu(x, 0.3)) as Op, f([6])],
  Step: [((x: tf.Tensor) => tf.step(x, 0.25)) as Op, f([6])],
  ClipByValue: [((x: tf.Tensor) => tf.clipByValue(x, -1, 0.5)) as Op, f([6])],
  Select: [tf.where as Op, bools([1, 0, 1, 1], [2, 2]), f([2, 2]), f([2, 2], 2)],
  LogicalAnd: [tf.logicalAnd as Op, bools([1, 0, 1]), bools([1, 1, 0])],
  LogicalOr: [tf.logicalOr as Op, bools([1, 0, 0]), bools([1, 1, 0])],
  LogicalNot: [tf.logicalNot as Op, bools([1, 0])],
  ZerosLike: [((x: tf.Tensor) => tf.add(tf.zerosLike(x), x)) as Op, f([2])],
  OnesLike: [((x: tf.Tensor) => tf.onesLike(x)) as Op, f([2, 3])],
  Fill: [((x: tf.Tensor) => tf.mul(x, tf.fill([4, 3], 2.5))) as Op, f([3])],
  'a wide constant': [((x: tf.Tensor) => [tf.add(x, tf.ones([40, 3])), tf.ones([40])]) as Op, f([1, 3])],
  Sum: [((x: tf.Tensor) => [tf.sum(x), tf.sum(x, 1), tf.sum(x, [0, -1], true)]) as Op, f([2, 3, 4])],
  Mean: [((x: tf.Tensor) => [tf.mean(x), tf.mean(x, -1, true)]) as Op, f([2, 3, 4])],
  Max: [((x: tf.Tensor) => [tf.max(x, 1), tf.max(x)]) as Op, f([2, 3, 4])],
  Min: [((x: tf.Tensor) => tf.min(x, [0, 2], true)) as Op, f([2, 3, 4])],
  Prod: [((x: tf.Tensor) => tf.prod(x, 1)) as Op, f([2, 3])],
  All: [((x: tf.Tensor) => tf.all(x, 1)) as Op, bools([1, 0, 1, 1], [2, 2])],
  Any: [((x: tf.Tensor) => tf.any(x, 0, true)) as Op, bools([0, 0, 0, 1], [2, 2])],
  ArgMax: [((x: tf.Tensor) => tf.argMax(x, -1)) as Op, f([3, 5])],
  ArgMin: [((x: tf.Tensor) => tf.argMin(x, 0)) as Op, f([3, 5])],
  TopK: [
    ((x: tf.Tensor) => {
      const { values, indices } = tf.topk(x, 3)
      return [values, indices]
    }) as Op,
    f([2, 6]),
  ],
  Cumsum: [((x: tf.Tensor) => [tf.cumsum(x, 1), tf.cumsum(x, 0, true, true)]) as Op, f([3, 4])],
  Softmax: [tf.softmax as Op, f([2, 5])],
  LogSoftmax: [tf.logSoftmax as Op, f([2, 5])],
  FusedBatchNorm: [
    ((x: tf.Tensor4D, m: tf.Tensor1D, v: tf.Tensor1D) => tf.batchNorm(x, m, v, m, v, 1e-3)) as Op,
    f([1, 2, 2, 3]),
    f([3], 2),
    f([3], 3, 0.5, 2),
  ],
  Reshape: [
    ((x: tf.Tensor) => [tf.reshape(x, [3, -1]), tf.reshape(tf.reshape(x, [6]), [1, 6])]) as Op,
    f([2, 3]),
  ],
  ExpandDims: [
    ((x: tf.Tensor) => [tf.expandDims(x, 1), tf.expandDims(x, -1), tf.squeeze(x)]) as Op,
    f([2, 1, 3]),
  ],
  Transpose: [
    ((x: tf.Tensor) => [
      tf.transpose(x),
      tf.transpose(x, [1, 0, 2]),
      tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 2, 0]),
    ]) as Op,
    f([2, 1, 3]),
  ],
  Tile: [((x: tf.Tensor) => [tf.tile(x, [1, 2]), tf.tile(x, [3, 1])]) as Op, f([1, 3])],
  Concat: [((a: tf.Tensor2D, b: tf.Tensor2D) => tf.concat([a, b, a], 1)) as Op, f([2, 3]), f([2, 0], 2)],
  Pack: [
    ((a: tf.Tensor, b: tf.Tensor) => [tf.stack([a, b], 1), tf.stack([b, a])]) as Op,
    f([2, 3]),
    f([2, 3], 2),
  ],
  Unpack: [((x: tf.Tensor) => tf.unstack(x, 1)) as Op, f([2, 3, 2])],
  SplitV: [((x: tf.Tensor) => [...tf.split(x, 3, 1), ...tf.split(x, [1, 5], -1)]) as Op, f([2, 6])],
  Slice: [((x: tf.Tensor) => [tf.slice(x, [0, 1], [-1, 2]), tf.slice(x, [1, 0], [0, 4])]) as Op, f([2, 4])],
  StridedSlice: [
    ((x: tf.Tensor) => [tf.stridedSlice(x, [0, 3], [2, 0], [1, -2]), tf.reverse(x, 1)]) as Op,
    f([2, 4]),
  ],
  GatherV2: [
    ((x: tf.Tensor, i: tf.Tensor1D) => [tf.gather(x, i, 1), tf.gather(x, i)]) as Op,
    f([3, 3, 2]),
    ints([2, 0, 2]),
  ],
  GatherNd: [tf.gatherND as Op, f([3, 4]), ints([0, 1, 2, 3], [2, 2])],
  ScatterNd: [
    ((i: tf.Tensor, x: tf.Tensor) => tf.scatterND(i as tf.Tensor2D, x, [4, 2])) as Op,
    ints([1, 3, 1], [3, 1]),
    f([3, 2]),
  ],
  UnsortedSegmentSum: [
    ((x: tf.Tensor, i: tf.Tensor1D) => tf.unsortedSegmentSum(x, i, 4)) as Op,
    f([3, 2]),
    ints([1, 3, 1]),
  ],
  'UnsortedSegmentSum of many rows into few slots': [
    // Rows that meet in one slot must all be added, whichever threads add them.
    ((x: tf.Tensor, i: tf.Tensor1D) => tf.unsortedSegmentSum(x, i, 3)) as Op,
    { shape: [60_000, 8], dtype: 'float32', data: new Float32Array(480_000).fill(1) },
    ints(Array.from({ length: 60_000 }, (_, i) => i % 3)),
  ],
  'ScatterNd at two-dimensional places': [
    ((i: tf.Tensor, x: tf.Tensor) => tf.scatterND(i as tf.Tensor2D, x, [3, 2, 2])) as Op,
    ints([1, 1, 0, 0, 1, 1], [3, 2]),
    f([3, 2]),
  ],
  NonMaxSuppressionV4: [
    ((boxes: tf.Tensor2D, scores: tf.Tensor1D) => {
      const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
        boxes,
        scores,
        4,
        0.5,
        0.1,
        true,
      )
      return [selectedIndices!, validOutputs!]
    }) as Op,
    // The second box lies on the first, the third beside them, the fourth scores too little, the fifth as the third.
    {
      shape: [5, 4],
      dtype: 'float32',
      data: Float32Array.of(0, 0, 4, 4, 0, 1, 4, 4, 6, 0, 9, 4, 20, 20, 24, 24, 9, 9, 12, 12),
    },
    { shape: [5], dtype: 'float32', data: Float32Array.of(0.6, 0.9, 0.5, 0.05, 0.5) },
  ],
  OneHot: [((i: tf.Tensor) => tf.oneHot(i as tf.Tensor1D, 4)) as Op, ints([2, 0, 3])],
  PadV2: [
    ((x: tf.Tensor) =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        3,
      )) as Op,
    f([2, 2]),
  ],
  MirrorPad: [
    ((x: tf.Tensor) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 2],
        ],
        'reflect',
      )) as Op,
    f([2, 4]),
  ],
  Reverse: [((x: tf.Tensor) => tf.reverse(x, [0, 2])) as Op, f([2, 3, 4])],
  Range: [((x: tf.Tensor) => tf.add(x, tf.range(0, 6, 2))) as Op, f([3])],
  BatchMatMul: [
    ((a: tf.Tensor, b: tf.Tensor) => [
      tf.matMul(a, b),
      tf.matMul(a, a, false, true),
      tf.matMul(a, a, true),
    ]) as Op,
    f([2, 3, 4]),
    f([1, 4, 2], 2),
  ],
  'BatchMatMul of matrices': [
    ((a: tf.Tensor, b: tf.Tensor) => [tf.matMul(a, b), tf.matMul(b, a, true, true)]) as Op,
    f([3, 4]),
    f([4, 5], 2),
  ],
  _FusedMatMul: [
    ((a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) =>
      tf.fused.matMul({ a, b, bias, activation: 'relu' })) as Op,
    f([3, 4]),
    f([4, 5], 2),
    f([5], 3),
  ],
  Conv2D: [
    ((x: tf.Tensor4D, w: tf.Tensor4D) => [
      tf.conv2d(x, w, 1, 'same'),
      tf.conv2d(x, w, 2, 'valid'),
      tf.conv2d(x, w, 1, 1, 'NHWC', 2),
    ]) as Op,
    f([2, 6, 5, 3]),
    f([3, 3, 3, 4], 2),
  ],
  DepthwiseConv2dNative: [
    ((x: tf.Tensor4D, w: tf.Tensor4D) => [
      tf.depthwiseConv2d(x, w, 1, 'same'),
      tf.depthwiseConv2d(x, w, 2, 'valid'),
    ]) as Op,
    f([2, 6, 5, 3]),
    f([3, 3, 3, 2], 2),
  ],
  MaxPool: [
    ((x: tf.Tensor4D) => [tf.maxPool(x, 2, 2, 'valid'), tf.maxPool(x, 3, 2, 'same')]) as Op,
    f([1, 6, 5, 2]),
  ],
  AvgPool: [
    ((x: tf.Tensor4D) => [tf.avgPool(x, 2, 2, 'valid'), tf.avgPool(x, 3, 2, 'same')]) as Op,
    f([1, 6, 5, 2]),
  ],
}
const simple = {
  Neg: tf.neg,
  Abs: tf.abs,
  Sign: tf.sign,
  Square: tf.square,
  Reciprocal: tf.reciprocal,
  Exp: tf.exp,
  Expm1: tf.expm1,
  Erf: tf.erf,
  Sin: tf.sin,
  Cos: tf.cos,
  Tan: tf.tan,
  Atan: tf.atan,
  Sinh: tf.sinh,
  Cosh: tf.cosh,
  Tanh: tf.tanh,
  Sigmoid: tf.sigmoid,
  Softplus: tf.softplus,
  Relu: tf.relu,
  Relu6: tf.relu6,
  Elu: tf.elu,
  Floor: tf.floor,
  Ceil: tf.ceil,
  Round: tf.round,
  IsNan: tf.isNaN,
  IsInf: tf.isInf,
  IsFinite: tf.isFinite,
}
for (const [name, op] of Object.entries(simple)) cases[name] = [op as Op, f([2, 5])]
for (const [name, op] of Object.entries({ Asin: tf.asin, Acos: tf.acos }))
  cases[name] = [op as Op, f([2, 5], 3, -0.9, 0.9)]
const comparisons = {
  Equal: tf.equal,
  NotEqual: tf.notEqual,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
}
for (const [name, op] of Object.entries(comparisons))
  cases[name] = [op as Op, f([2, 3], 1, -0.05, 0.05), f([3], 2, -0.05, 0.05)]

describe('every lowering gives what eager tfjs-cpu gives', () => {
  for (const [name, [op, ...arrays]] of Object.entries(cases)) {
    it(name, () => expectAsEager(op, arrays))
  }

  it('has a case for each kernel in the table, here or among the gradients', () => {
    const gradients = [
      'MaxPoolGrad',
      'Conv2DBackpropInput',
      'Conv2DBackpropFilter',
      'DepthwiseConv2dNativeBackpropInput',
      'DepthwiseConv2dNativeBackpropFilter',
    ]
    const fusedByNn = ['LayerNormalization', 'Gelu']
    expect(
      Object.keys(kernelTable).filter((name) => !cases[name] && ![...gradients, ...fusedByNn].includes(name)),
    ).toEqual([])
  })
})

describe('gradients taken inside a program', () => {
  const gradientCases: Record<string, [Op, ...Arrays]> = {
    'conv2d, stride 1': [
      ((x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, 'same')) as Op,
      f([2, 5, 5, 3]),
      f([3, 3, 3, 4], 2),
    ],
    'conv2d, stride 2, ragged edge': [
      ((x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 2, 'valid')) as Op,
      f([2, 6, 7, 3]),
      f([3, 3, 3, 2], 2),
    ],
    'depthwise 5×5': [
      ((x: tf.Tensor4D, w: tf.Tensor4D) => tf.depthwiseConv2d(x, w, 1, 'same')) as Op,
      f([2, 6, 7, 3]),
      f([5, 5, 3, 1], 2),
    ],
    'depthwise, stride 2, multiplier 2': [
      ((x: tf.Tensor4D, w: tf.Tensor4D) => tf.depthwiseConv2d(x, w, 2, 'same')) as Op,
      f([1, 6, 7, 3]),
      f([3, 3, 3, 2], 2),
    ],
    'max pooling': [((x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid')) as Op, f([1, 4, 6, 2])],
    'max pooling, overlapping': [((x: tf.Tensor4D) => tf.maxPool(x, 3, 1, 'valid')) as Op, f([1, 5, 6, 2])],
    'attention-like chain': [
      ((x: tf.Tensor3D, w: tf.Tensor3D) => tf.matMul(tf.softmax(tf.matMul(x, w, false, true)), w)) as Op,
      f([2, 3, 4]),
      f([2, 5, 4], 2),
    ],
    'gather and unstack': [
      ((x: tf.Tensor) => {
        const [a, b] = tf.unstack(x) as [tf.Tensor, tf.Tensor]
        return tf.mul(
          tf.gather(a, tf.tensor1d([1, 1, 0], 'int32')),
          tf.gather(b, tf.tensor1d([0, 1, 2], 'int32')),
        )
      }) as Op,
      f([2, 3, 4]),
    ],
  }
  for (const [name, [op, ...arrays]] of Object.entries(gradientCases)) {
    it(name, async () => {
      const [ours, eager] = [
        await outputsOf(withGradients(op), arrays, { engine: 'cpu' }),
        await outputsOf(withGradients(op), arrays, { engine: 'tfjs:cpu' }),
      ]
      ours.forEach(({ data, shape }, i) => {
        expect(shape).toEqual(eager[i]!.shape)
        const scale = Math.max(...eager[i]!.data.map(Math.abs))
        data.forEach(
          (value, j) =>
            void expect(Math.abs(value - eager[i]!.data[j]!)).toBeLessThanOrEqual(1e-5 * (1 + scale)),
        )
      })
    })
  }
})
