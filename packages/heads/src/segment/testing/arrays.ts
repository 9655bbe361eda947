import { flattenTree, type HostArray, type Tree } from '@univ/nn'

// Test support: layouts and closeness of host arrays.

export const flat = (tree: Tree<HostArray>) => flattenTree(tree) as Record<string, HostArray>

/** PyTorch's `[batch, channels, height, width]` as `[batch, height, width, channels]`. */
export function nhwc({ shape, data }: HostArray): HostArray {
  const [batch, channels, height, width] = shape as [number, number, number, number]
  const area = height * width
  const turned = Float32Array.from({ length: data.length }, (_, i) => {
    const [b, rest] = [Math.floor(i / (area * channels)), i % (area * channels)]
    return data[b * area * channels + (rest % channels) * area + Math.floor(rest / channels)]!
  })
  return { shape: [batch, height, width, channels], dtype: 'float32', data: turned }
}

/** Largest difference, relative to the largest wanted value. */
export function relativeError(got: HostArray, wanted: HostArray): number {
  if (`${got.shape}` !== `${wanted.shape}` && wanted.data.length > 1)
    throw new Error(`[${got.shape}] against [${wanted.shape}]`)
  const scale = Math.max(...Array.from(wanted.data, Math.abs))
  return Math.max(...Array.from(wanted.data, (value, i) => Math.abs(got.data[i]! - value))) / scale
}
