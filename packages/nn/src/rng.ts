/** Random numbers that are the same on every machine. */
export interface Rng {
  /** In [0, 1), 32 bits. */
  uniform(): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** Whole number in [0, limit). */
  int(limit: number): number
  /** 0 … count-1 in random order (Fisher-Yates). */
  shuffle(count: number): Int32Array
  fillUniform(target: Float32Array): Float32Array
}

/**
 * A stream of random numbers (sfc32) that depends on the seed and on the names of the stream alone, so that
 * "epoch 3, image 17" can be drawn without drawing what came before.
 */
export function rng(seed: number, ...stream: readonly (number | string)[]): Rng {
  const hash = hashWords([seed, ...stream].join('\u0000'))
  let [a, b, c, counter] = [hash(), hash(), hash(), 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  const uniform = () => next() / 2 ** 32
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    int: (limit) => Math.floor(uniform() * limit),
    shuffle(count) {
      const order = Int32Array.from({ length: count }, (_, i) => i)
      for (let i = count - 1; i > 0; i--) {
        const j = Math.floor(uniform() * (i + 1))
        ;[order[i], order[j]] = [order[j]!, order[i]!]
      }
      return order
    },
    fillUniform(target) {
      // 24 bits: the most that a float32 in [0, 1) holds without ever rounding up to 1.
      for (let i = 0; i < target.length; i++) target[i] = (next() >>> 8) / 2 ** 24
      return target
    },
  }
}

/** Successive 32-bit hashes of a text (FNV-1a, finished by Murmur3's mixer). */
function hashWords(text: string): () => number {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return mixed ^ (mixed >>> 16)
  }
}
