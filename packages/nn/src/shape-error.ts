/** A shape, size or name that does not fit what was asked of it. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}
