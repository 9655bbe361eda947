import type { HalfDtype } from '../graph'

/** What mixed precision does in 16 bits. */
export interface HalfType {
  readonly dtype: HalfDtype
  /** Always: where the FLOPs are, and where engines sum in more than they store. */
  readonly products: ReadonlySet<string>
  /** Wherever all that is read has 16 bits: one rounding, and less memory to go through. */
  readonly followers: ReadonlySet<string>
  /** These move numbers without computing any. */
  readonly movements: ReadonlySet<string>
  /** Whether a plain number stays what it is, but for rounding. */
  readonly holds: (x: number) => boolean
}

const movements = ['Transpose', 'Reshape', 'Slice', 'Concat', 'Split', 'Gather', 'Expand', 'Tile']
const followers = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs', 'Sign', 'Max', 'Min', 'Where'],
  ...['Relu', 'Gelu', 'Erf', 'Tanh', 'Sigmoid'],
]
const comparisons = ['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal']

/** 0, and magnitudes between the least normal number and the greatest. */
const between = (least: number, greatest: number) => (x: number) =>
  x === 0 || (Math.abs(x) >= least && Math.abs(x) <= greatest)

/**
 * By type. ONNX Runtime's CUDA provider has fewer kernels for bfloat16 (the table of kernels in its documentation): no
 * convolutions in the operator set that we write, no pads, no comparisons. These stay single.
 */
export const halfTypes: Readonly<Record<HalfDtype, HalfType>> = {
  float16: {
    dtype: 'float16',
    products: new Set(['Gemm', 'MatMul', 'Conv', 'ConvTranspose']),
    followers: new Set([...followers, ...comparisons, 'Clip', 'LeakyRelu', 'MaxPool', ...movements, 'Pad']),
    movements: new Set([...movements, 'Pad']),
    holds: between(2 ** -14, 65504),
  },
  bfloat16: {
    dtype: 'bfloat16',
    products: new Set(['Gemm', 'MatMul']),
    followers: new Set([...followers, ...movements]),
    movements: new Set(movements),
    holds: between(2 ** -126, (2 - 2 ** -7) * 2 ** 127),
  },
}
