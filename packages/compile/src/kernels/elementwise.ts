import { sizeOf } from '../graph'
import { floorDiv, mod } from './integer-division'
import {
  binary,
  cast,
  type KernelCall,
  type KernelRule,
  type KernelTable,
  reshape,
  slim,
  slimEither,
  unary,
} from './kernel'
import { expm1, log1p } from './near-one'

const one =
  (op: string): KernelRule =>
  ({ build, input }) =>
    unary(build, op, input('x'))
const two =
  (op: string): KernelRule =>
  ({ build, input }) =>
    binary(build, op, input('a'), input('b'))
const compare =
  (op: string): KernelRule =>
  ({ build, input }) =>
    binary(build, op, input('a'), input('b'), 'bool')

/** `x + 0` and `x · 1`, which gradients produce in numbers, are the operand itself. */
const unlessNeutral =
  (op: string, neutral: number): KernelRule =>
  ({ build, input }) => {
    const [a, b] = [input('a'), input('b')]
    const covers = (x: typeof a, y: typeof a) =>
      y.shape.length <= x.shape.length &&
      y.shape.every((dim, i) => dim === 1 || dim === x.shape[i + x.shape.length - y.shape.length])
    if (b.fill === neutral && covers(a, b)) return a
    if (op !== 'Sub' && op !== 'Div' && a.fill === neutral && covers(b, a)) return b
    return binary(build, op, a, b)
  }

function select({ build, input }: KernelCall) {
  const [condition, t, e] = [input('condition'), input('t'), input('e')]
  // tfjs lets a condition vector choose rows of higher-rank operands.
  const rows = condition.shape.length === 1 && t.shape.length > 1
  // `tf.where` writes a single condition out to the operands' shape; ONNX's broadcasts it.
  const single = condition.producer?.op === 'Expand' && sizeOf(condition.producer.inputs[0]!.shape) === 1
  const chooser = rows
    ? reshape(build, condition, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)])
    : single
      ? reshape(build, condition.producer!.inputs[0]!, [])
      : condition
  // Something must keep the result's shape: the condition where it has it, or else one of the two.
  const branches =
    chooser === condition
      ? [slim(build, t, condition, t.shape), slim(build, e, condition, t.shape)]
      : slimEither(build, t, e, t.shape)
  // ONNX Runtime chooses among numbers alone.
  const dtype = t.dtype === 'bool' ? 'int32' : t.dtype
  const numbers = branches.map((value) => cast(build, value, dtype))
  return cast(build, build.emit('Where', [chooser, ...numbers], t.shape, dtype), t.dtype)
}

function finite({ build, input }: KernelCall) {
  const x = input('x')
  const bad = binary(
    build,
    'Or',
    build.emit('IsNaN', [x], x.shape, 'bool'),
    build.emit('IsInf', [x], x.shape, 'bool'),
  )
  return unary(build, 'Not', bad)
}

/** Kernels that treat every element alike. */
export const elementwiseKernels: KernelTable = {
  Identity: ({ input }) => input('x'),
  Cast: ({ build, input, attrs }) => cast(build, input('x'), attrs.dtype),
  Add: unlessNeutral('Add', 0),
  Sub: unlessNeutral('Sub', 0),
  Multiply: unlessNeutral('Mul', 1),
  RealDiv: unlessNeutral('Div', 1),
  AddN: ({ build, list }) => list.reduce((sum, item) => binary(build, 'Add', sum, item)),
  FloorDiv: floorDiv,
  Mod: mod,
  Pow: two('Pow'),
  Maximum: two('Max'),
  Minimum: two('Min'),
  SquaredDifference: ({ build, input }) => {
    const difference = binary(build, 'Sub', input('a'), input('b'))
    return binary(build, 'Mul', difference, difference)
  },
  Neg: one('Neg'),
  Abs: one('Abs'),
  Sign: one('Sign'),
  Sqrt: one('Sqrt'),
  Rsqrt: ({ build, input }) => unary(build, 'Reciprocal', unary(build, 'Sqrt', input('x'))),
  Square: ({ build, input }) => binary(build, 'Mul', input('x'), input('x')),
  Reciprocal: one('Reciprocal'),
  Exp: ({ build, input }) => unary(build, 'Exp', cast(build, input('x'), 'float32')),
  Expm1: expm1,
  Log: one('Log'),
  Log1p: log1p,
  Erf: one('Erf'),
  Sin: one('Sin'),
  Cos: one('Cos'),
  Tan: one('Tan'),
  Asin: one('Asin'),
  Acos: one('Acos'),
  Atan: one('Atan'),
  Sinh: one('Sinh'),
  Cosh: one('Cosh'),
  Tanh: one('Tanh'),
  Sigmoid: one('Sigmoid'),
  Softplus: one('Softplus'),
  Relu: one('Relu'),
  Relu6: ({ build, input }) => clip(build, input('x'), 0, 6),
  Elu: one('Elu'),
  LeakyRelu: ({ build, input, attrs }) =>
    build.emit('LeakyRelu', [cast(build, input('x'), 'float32')], input('x').shape, 'float32', {
      alpha: { float: attrs.alpha },
    }),
  Step: ({ build, input, attrs }) => {
    const x = input('x')
    const above = binary(build, 'Greater', x, build.scalar(0, x.dtype), 'bool')
    return build.emit(
      'Where',
      [above, build.scalar(1, x.dtype), build.scalar(attrs.alpha ?? 0, x.dtype)],
      x.shape,
      x.dtype,
    )
  },
  Floor: one('Floor'),
  Ceil: one('Ceil'),
  // Integers are round, and ONNX rounds floats alone.
  Round: ({ build, input }) =>
    input('x').dtype === 'float32' ? unary(build, 'Round', input('x')) : input('x'),
  ClipByValue: ({ build, input, attrs }) => clip(build, input('x'), attrs.clipValueMin, attrs.clipValueMax),
  Equal: compare('Equal'),
  NotEqual: ({ build, input }) => unary(build, 'Not', binary(build, 'Equal', input('a'), input('b'), 'bool')),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  LogicalAnd: compare('And'),
  LogicalOr: compare('Or'),
  LogicalNot: one('Not'),
  Select: select,
  IsNan: ({ build, input }) => build.emit('IsNaN', [input('x')], input('x').shape, 'bool'),
  IsInf: ({ build, input }) => build.emit('IsInf', [input('x')], input('x').shape, 'bool'),
  IsFinite: finite,
  ZerosLike: ({ build, input }) => build.fill(0, input('x').shape, input('x').dtype),
  OnesLike: ({ build, input }) => build.fill(1, input('x').shape, input('x').dtype),
  Fill: ({ build, attrs }) => build.fill(attrs.value, attrs.shape, attrs.dtype ?? 'float32'),
}

function clip(build: KernelCall['build'], x: ReturnType<KernelCall['input']>, low: number, high: number) {
  return build.emit('Clip', [x, build.scalar(low, x.dtype), build.scalar(high, x.dtype)], x.shape, x.dtype)
}
