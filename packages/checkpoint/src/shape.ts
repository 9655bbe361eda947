/** Number of elements of a shape (`[]` has one). May exceed what integers hold exactly; callers bound it. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Whether a value is an integer ≥ 0 that doubles hold exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
