/**
 * The class that most pixels of a patch have; -1 where ignored pixels are more than half.
 * @param labels Class ids, `[size, size]`.
 * @returns `[(size / patch)²]`, row by row
 */
export function patchClasses(
  labels: Uint8Array,
  size: number,
  patch: number,
  ignore: readonly number[],
): Int32Array {
  const side = size / patch
  if (!Number.isInteger(side))
    throw new Error(`patchClasses: size ${size} is not a multiple of patch ${patch}`)
  const classes = new Int32Array(side * side)
  const counts = new Int32Array(256)
  for (let i = 0; i < classes.length; i++) {
    counts.fill(0)
    const [top, left] = [Math.floor(i / side) * patch, (i % side) * patch]
    for (let y = 0; y < patch; y++) {
      for (let x = 0; x < patch; x++) counts[labels[(top + y) * size + left + x]!]!++
    }
    let ignored = 0
    for (const id of ignore) {
      ignored += counts[id]!
      counts[id] = 0
    }
    const best = counts.reduce((most, count, id) => (count > counts[most]! ? id : most), 0)
    classes[i] = ignored * 2 > patch * patch ? -1 : best
  }
  return classes
}
