/**
 * Anything wrong with a checkpoint file or with what was asked of it. The message reads
 * `file, byte offset: problem`; `file` is `(bytes)` for checkpoints given as bytes.
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'

  constructor(
    readonly file: string,
    /** Where in the file, in bytes; undefined when the problem has no place. */
    readonly offset: number | undefined,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}${offset === undefined ? '' : `, byte ${offset}`}: ${problem}`, options)
  }
}

/** Raises a CheckpointError about one file; `offset` in bytes from its start. */
export type Fail = (offset: number | undefined, problem: string, cause?: unknown) => never

/** Binds {@link CheckpointError} to a file. */
export function failIn(file: string): Fail {
  return (offset, problem, cause) => {
    throw new CheckpointError(file, offset, problem, cause === undefined ? undefined : { cause })
  }
}
