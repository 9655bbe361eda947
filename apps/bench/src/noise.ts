import { type HostArray, rng } from '@univ/nn'

/** Normal noise, `[batch, size, size, 3]`. */
export function noise(batch: number, size: number, name: string): HostArray {
  const draw = rng(7, name)
  const data = new Float32Array(batch * size * size * 3)
  for (let i = 0; i < data.length; i++) data[i] = draw.normal()
  return { shape: [batch, size, size, 3], dtype: 'float32', data }
}
