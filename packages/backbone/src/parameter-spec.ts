import {
  filled,
  type HostArray,
  kaimingUniform,
  mapTree,
  type Rng,
  sinCosPositions,
  type Tree,
  truncatedNormal,
  xavierUniform,
} from '@univ/nn'

/**
 * An array of an architecture before it has numbers: its shape, and how a fresh one is drawn. Loading a file needs
 * the shapes alone, so that nothing as large as the model is allocated before the file has proved to hold it.
 */
export interface ParameterSpec {
  readonly shape: readonly number[]
  readonly draw: (rng: Rng) => HostArray
}

/** Fresh numbers for every array, drawn in the tree's order. */
export function drawParameters(specs: Tree<ParameterSpec>, rng: Rng): Tree<HostArray> {
  return mapTree(specs, (spec) => spec.draw(rng))
}

const constant = (shape: readonly number[], value: number): ParameterSpec => ({
  shape,
  draw: () => filled(shape, value),
})

export const zeros = (shape: readonly number[]): ParameterSpec => constant(shape, 0)

/** Truncated normal, deviation 0.02: tokens, learned positions, a ViT's patch embedding. */
export const smallNormal = (shape: readonly number[]): ParameterSpec => ({
  shape,
  draw: (rng) => truncatedNormal(shape, rng),
})

/** Layer scale as DINOv2 begins it. */
export const layerScaleSpec = (width: number): Tree<ParameterSpec> => ({ gamma: constant([width], 1e-5) })

export const normSpec = (width: number): Tree<ParameterSpec> => ({
  scale: constant([width], 1),
  offset: zeros([width]),
})

/** A linear layer as ConvMAE and MAE begin it: Xavier-uniform kernel, zero bias. */
export const linearSpec = (from: number, to: number): Tree<ParameterSpec> => ({
  kernel: { shape: [from, to], draw: (rng) => xavierUniform([from, to], rng) },
  bias: zeros([to]),
})

/** Fixed 2-D sine-cosine positions, `[1, side · side, width]`. */
export function sinCosSpec(side: number, width: number): ParameterSpec {
  const shape = [1, side * side, width]
  return { shape, draw: () => ({ ...sinCosPositions(side, side, width), shape }) }
}

/** PyTorch's default kernel of a convolution, `[size, size, from, to]`. */
export function convSpec(size: number, from: number, to: number): Tree<ParameterSpec> {
  const shape = [size, size, from, to]
  return { filter: { shape, draw: (rng) => kaimingUniform(shape, rng) }, bias: zeros([to]) }
}

/** PyTorch's default kernel of a depthwise convolution, `[size, size, width, 1]`: an output has size · size inputs. */
export function depthwiseSpec(size: number, width: number): Tree<ParameterSpec> {
  const shape = [size, size, width, 1]
  return {
    depthwiseFilter: {
      shape,
      draw: (rng) => ({ ...kaimingUniform([size, size, 1, width], rng), shape }),
    },
    bias: zeros([width]),
  }
}
