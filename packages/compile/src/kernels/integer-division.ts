import type { GraphBuilder, Value } from '../graph'
import { binary, cast, type KernelCall, unary } from './kernel'

/**
 * Quotients rounded down. Integers are divided as integers, since float32 has not all of them, and in 64 bits, which -2³¹ / -1
 * needs: it would end the process.
 */
export function floorDiv({ build, input }: KernelCall): Value {
  const [a, b] = [input('a'), input('b')]
  if (a.dtype === 'float32') {
    const quotient = cast(build, unary(build, 'Floor', binary(build, 'Div', a, b)), 'int32')
    return zeroWhereDivisorIs(build, b, quotient)
  }
  const [x, y] = [cast(build, a, 'int64'), divisor(build, cast(build, b, 'int64'))]
  const multiple = binary(build, 'Sub', x, binary(build, 'Mod', x, y))
  return zeroWhereDivisorIs(build, b, cast(build, binary(build, 'Div', multiple, y), 'int32'))
}

/** Python's remainder (the divisor's sign), as tfjs has it; ONNX offers it for integers only. */
export function mod({ build, input }: KernelCall): Value {
  const [a, b] = [input('a'), input('b')]
  if (a.dtype === 'float32') {
    const whole = unary(build, 'Floor', binary(build, 'Div', a, b))
    return binary(build, 'Sub', a, binary(build, 'Mul', whole, b))
  }
  if (isNever(b, 0) && isNever(b, -1)) return binary(build, 'Mod', a, b)
  const rest = binary(build, 'Mod', cast(build, a, 'int64'), divisor(build, cast(build, b, 'int64')))
  return zeroWhereDivisorIs(build, b, cast(build, rest, 'int32'))
}

/** Whether a value is a constant without that number. */
function isNever({ fill, data }: Value, number: number): boolean {
  if (fill !== undefined) return fill !== number
  return data?.every((item) => Number(item) !== number) ?? false
}

const isZero = (build: GraphBuilder, x: Value) => binary(build, 'Equal', x, build.scalar(0, x.dtype), 'bool')

/** The divisor with ones for zeros, by which no processor divides integers. */
function divisor(build: GraphBuilder, x: Value): Value {
  if (isNever(x, 0)) return x
  return build.emit('Where', [isZero(build, x), build.scalar(1, x.dtype), x], x.shape, x.dtype)
}

/** tfjs' typed arrays make zeros of the infinite quotients. */
function zeroWhereDivisorIs(build: GraphBuilder, divided: Value, result: Value): Value {
  if (isNever(divided, 0)) return result
  const zero = build.scalar(0, result.dtype)
  return build.emit('Where', [isZero(build, divided), zero, result], result.shape, result.dtype)
}
