import type { Value } from '../graph'
import { binary, type KernelCall, unary } from './kernel'

/** `exp(x) - 1 = tanh(x / 2) · (exp(x) + 1)`: the difference would lose a small x to the one. */
export function expm1({ build, input }: KernelCall): Value {
  const x = input('x')
  const half = unary(build, 'Tanh', binary(build, 'Mul', x, build.scalar(0.5)))
  return binary(build, 'Mul', half, binary(build, 'Add', unary(build, 'Exp', x), build.scalar(1)))
}

/**
 * `log(1 + x)`, and for a small x what `1 + x` lost to rounding, by the logarithm's slope there. For a large one nothing that
 * matters is lost, and an infinite one has no such remainder.
 */
export function log1p({ build, input }: KernelCall): Value {
  const x = input('x')
  const [one, zero] = [build.scalar(1), build.scalar(0)]
  const sum = binary(build, 'Add', x, one)
  const lost = binary(build, 'Sub', x, binary(build, 'Sub', sum, one))
  const isSmall = binary(build, 'Less', unary(build, 'Abs', x), build.scalar(0.5), 'bool')
  const rest = build.emit('Where', [isSmall, binary(build, 'Div', lost, sum), zero], x.shape, 'float32')
  return binary(build, 'Add', unary(build, 'Log', sum), rest)
}
