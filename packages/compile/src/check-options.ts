import { arrayClasses } from './check-array'
import type { CompileOptions } from './compile'
import { CompileError } from './compile-error'
import { passNames } from './passes/passes'
import { precisions } from './precision'
import type { Signature } from './program'

const dtypes = Object.keys(arrayClasses)

/** @throws CompileError naming the option whose value means nothing */
export function checkOptions({ without = [], precision, tileBytes, threads }: CompileOptions): void {
  const unknown = without.find((name) => !passNames.includes(name))
  if (unknown !== undefined)
    throw new CompileError(`without: there is no pass '${unknown}'; there are ${passNames.join(', ')}`)
  if (precision !== undefined && !precisions.includes(precision))
    throw new CompileError(`precision '${precision}': one of ${precisions.join(', ')} is wanted`)
  if (tileBytes !== undefined && !(tileBytes > 0))
    throw new CompileError(`tileBytes ${tileBytes}: a number above 0 is wanted`)
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256))
    throw new CompileError(`threads ${threads}: a whole number from 1 to 256 is wanted`)
}

/** @throws CompileError naming the input whose form no array can have */
export function checkSignature({ inputs }: Signature): void {
  for (const [name, { shape, dtype }] of Object.entries(inputs)) {
    if (!dtypes.includes(dtype))
      throw new CompileError(`input '${name}': dtype '${dtype}', wanted is one of ${dtypes.join(', ')}`)
    for (const dim of shape)
      if (typeof dim === 'number' && !(Number.isInteger(dim) && dim >= 0))
        throw new CompileError(
          `input '${name}': dimension ${dim}, wanted is a whole number of at least 0, or a name`,
        )
  }
}
