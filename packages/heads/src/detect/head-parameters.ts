import { filled, type HostArray, type Rng, truncatedNormal, xavierUniform } from '@univ/nn'

type Arrays = Readonly<Record<string, HostArray>>

/** He's initialisation for layers before a ReLU, cut at two deviations. @param size Side of the filter */
export function reluConv(size: number, from: number, to: number, rng: Rng): Arrays {
  const deviation = Math.sqrt(2 / (size * size * from))
  return { filter: truncatedNormal([size, size, from, to], rng, deviation), bias: filled([to], 0) }
}

/** Xavier's, for convolutions without activation. */
export function plainConv(size: number, from: number, to: number, rng: Rng): Arrays {
  return { filter: xavierUniform([size, size, from, to], rng), bias: filled([to], 0) }
}

/** Layers that predict start close to 0: Faster R-CNN's deviations are 0.01 for classes, 0.001 for boxes. */
export function predictor(shape: readonly number[], deviation: number, rng: Rng, bias = 0): Arrays {
  const kernel = truncatedNormal(shape, rng, deviation)
  return { [shape.length === 4 ? 'filter' : 'kernel']: kernel, bias: filled([shape.at(-1)!], bias) }
}

export function reluLinear(from: number, to: number, rng: Rng): Arrays {
  return { kernel: truncatedNormal([from, to], rng, Math.sqrt(2 / from)), bias: filled([to], 0) }
}

export const norm = (width: number): Arrays => ({ scale: filled([width], 1), offset: filled([width], 0) })
