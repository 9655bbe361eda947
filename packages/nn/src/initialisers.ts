import type { HostArray } from './arrays'
import type { Rng } from './rng'

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)

/** An array of equal numbers. */
export function filled(shape: readonly number[], value: number): HostArray {
  return { shape, dtype: 'float32', data: new Float32Array(sizeOf(shape)).fill(value) }
}

function drawn(shape: readonly number[], draw: () => number): HostArray {
  return { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, draw) }
}

/** Inputs and outputs of a kernel `[…, in, out]`: leading axes count on both sides, as in PyTorch. */
function fans(shape: readonly number[]): readonly [number, number] {
  const area = sizeOf(shape.slice(0, -2))
  return [area * shape.at(-2)!, area * shape.at(-1)!]
}

/** Uniform within ±√(6 / (in + out)). @param shape `[…, in, out]` */
export function xavierUniform(shape: readonly number[], rng: Rng): HostArray {
  const [fanIn, fanOut] = fans(shape)
  const bound = Math.sqrt(6 / (fanIn + fanOut))
  return drawn(shape, () => (2 * rng.uniform() - 1) * bound)
}

/** PyTorch's `kaiming_uniform_(a=√5)`: uniform within ±1/√in. @param shape `[…, in, out]` */
export function kaimingUniform(shape: readonly number[], rng: Rng): HostArray {
  const bound = 1 / Math.sqrt(fans(shape)[0])
  return drawn(shape, () => (2 * rng.uniform() - 1) * bound)
}

/** PyTorch's `kaiming_normal_(mode='fan_out', nonlinearity='relu')`, how mmcv begins convolutions. @param shape `[…, in, out]` */
export function kaimingNormal(shape: readonly number[], rng: Rng): HostArray {
  const deviation = Math.sqrt(2 / fans(shape)[1])
  return drawn(shape, () => rng.normal() * deviation)
}

/** Normal numbers, drawn again while they are further out than two standard deviations. */
export function truncatedNormal(shape: readonly number[], rng: Rng, deviation = 0.02): HostArray {
  return drawn(shape, () => {
    let value = rng.normal()
    while (Math.abs(value) > 2) value = rng.normal()
    return value * deviation
  })
}
