import { type HostArray, rng } from '@univ/nn'

/**
 * Uniform numbers for a step's dropout; sites larger than this repeat it (see `noisePool`). A million numbers take
 * some 10 ms to draw.
 */
export const noiseSize = 2 ** 20

/** The uniforms of one step: they depend on the seed and the step alone, so a resumed run draws the same. */
export function stepNoise(seed: number, step: number, size = noiseSize): HostArray {
  return {
    shape: [size],
    dtype: 'float32',
    data: rng(seed, 'noise', step).fillUniform(new Float32Array(size)),
  }
}
