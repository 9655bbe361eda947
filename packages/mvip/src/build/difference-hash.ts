/**
 * 64 bits, one for each of 8 × 8 places: whether the place is brighter than its right neighbour. Survives scaling,
 * compression and changes of brightness.
 * @param grey `[8, 9]`
 * @returns 16 hexadecimal digits
 */
export function differenceHash(grey: Uint8Array): string {
  if (grey.length !== 72) throw new Error(`differenceHash: ${grey.length} pixels, 8 rows of 9 are wanted`)
  let digits = ''
  for (let row = 0; row < 8; row++) {
    for (let half = 0; half < 2; half++) {
      let digit = 0
      for (let bit = 0; bit < 4; bit++) {
        const at = row * 9 + half * 4 + bit
        digit = digit * 2 + Number(grey[at]! > grey[at + 1]!)
      }
      digits += digit.toString(16)
    }
  }
  return digits
}

/** Number of set bits of a 32-bit word. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
