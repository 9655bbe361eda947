import { CompileError } from '../compile-error'
import type { GraphDtype, Value } from '../graph'
import { cast, type KernelCall, type KernelRule, type KernelTable } from './kernel'

/** What operands are computed as, by their own type; `bool` is absent where sums would need more than a truth can hold. */
interface ComputedAs {
  readonly int32: 'int32' | 'float32'
  readonly bool?: 'int32' | 'float32'
}

const numbers: ComputedAs = { int32: 'int32' }
const numbersAndTruths: ComputedAs = { int32: 'int32', bool: 'int32' }
const floats: ComputedAs = { int32: 'float32' }
const anyAsFloats: ComputedAs = { int32: 'float32', bool: 'float32' }

const each = (names: readonly string[], as: ComputedAs) => Object.fromEntries(names.map((name) => [name, as]))

/** Kernels that tfjs lets have operands of integers or truths, for which ONNX has no operator or another result. */
const operandTypes: Readonly<Record<string, ComputedAs>> = {
  ...each(['Add', 'Sub', 'AddN', 'RealDiv', 'FloorDiv', 'Mod', 'Pow', 'Neg', 'BatchMatMul'], numbers),
  ...each(['Abs', 'Sign', 'Relu', 'Relu6', 'ClipByValue', 'Step', 'Max', 'Min'], numbersAndTruths),
  ...each(['Square', 'Multiply', 'SquaredDifference'], numbersAndTruths),
  ...each(['Greater', 'GreaterEqual', 'Less', 'LessEqual'], numbersAndTruths),
  ...each(['Reciprocal', 'Expm1', 'Log1p', 'Asin', 'Acos', 'Atan', 'Sinh', 'Softplus'], floats),
  ...each(['IsNan', 'IsInf', 'IsFinite', 'MaxPool'], anyAsFloats),
}

/**
 * The rules, with operands cast before them and results after them where that is needed: tfjs-cpu computes every type in
 * numbers and cuts results to the operands' type.
 */
export const withOperandTypes = (rules: KernelTable): KernelTable =>
  Object.fromEntries(
    Object.entries(rules).map(([kernel, rule]) => {
      const as = operandTypes[kernel]
      return [kernel, as ? typed(kernel, rule, as) : rule]
    }),
  )

const typed =
  (kernel: string, rule: KernelRule, as: ComputedAs): KernelRule =>
  (call) => {
    const { dtype } = ['x', 'a'].filter(call.has).map(call.input)[0] ?? call.list[0]!
    if (dtype === 'float32') return rule(call)
    const computed = as[dtype as 'int32' | 'bool']
    if (!computed)
      throw new CompileError(
        `${kernel}: operands of type ${dtype} have no lowering; cast them to int32 first`,
      )
    if (computed === dtype) return rule(call)
    const made = rule(castCall(call, computed))
    const back = (value: Value) => (value.dtype === computed ? cast(call.build, value, dtype) : value)
    return Array.isArray(made) ? made.map(back) : back(made)
  }

/** The call with its operands in another type. */
const castCall = ({ build, input, has, attrs, list }: KernelCall, dtype: GraphDtype): KernelCall => ({
  build,
  has,
  attrs,
  input: (name) => cast(build, input(name), dtype),
  list: list.map((value) => cast(build, value, dtype)),
})
