import { readSafetensors } from '@univ/checkpoint'
import type { HostArray } from '@univ/nn'
import sharp from 'sharp'

// Test support: golden files and images, at the repo's root.
export const goldenPath = (name: string): string =>
  new URL(`../../../fixtures/golden/${name}`, import.meta.url).pathname

const statistics = {
  rgb: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ir: { mean: [0.5338, 0.5338, 0.5338], std: [0.2519, 0.2519, 0.2519] },
}

/** Images of one size as `[batch, height, width, 3]`, normalised as in UNIV's pre-training (the authors' code). */
export async function goldenImages(names: readonly string[], modality: 'rgb' | 'ir'): Promise<HostArray> {
  const { mean, std } = statistics[modality]
  const images = await Promise.all(
    names.map((name) =>
      sharp(goldenPath(name)).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true }),
    ),
  )
  const { width, height } = images[0]!.info
  const data = new Float32Array(images.length * height * width * 3)
  images.forEach(({ data: bytes, info }, b) => {
    for (let i = 0; i < height * width * 3; i++) {
      const channel = i % 3
      const byte = bytes[info.channels === 3 ? i : Math.floor(i / 3)]!
      data[b * height * width * 3 + i] = (byte / 255 - mean[channel]!) / std[channel]!
    }
  })
  return { shape: [images.length, height, width, 3], dtype: 'float32', data }
}

export async function goldenTensors(name: string): Promise<(key: string) => HostArray> {
  const { tensors } = await readSafetensors(goldenPath(name))
  return (key) => {
    const tensor = tensors.get(key)
    if (!tensor) throw new Error(`${name} has no '${key}'`)
    return { shape: tensor.shape, dtype: 'float32', data: tensor.data as Float32Array }
  }
}

/** Largest difference, relative to the largest wanted value. */
export function relativeError(got: HostArray, wanted: HostArray): number {
  if (got.data.length !== wanted.data.length) throw new Error(`[${got.shape}] against [${wanted.shape}]`)
  let [error, scale] = [0, 0]
  for (let i = 0; i < wanted.data.length; i++) {
    error = Math.max(error, Math.abs(got.data[i]! - wanted.data[i]!))
    scale = Math.max(scale, Math.abs(wanted.data[i]!))
  }
  return error / scale
}
