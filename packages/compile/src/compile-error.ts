/** What was wrong with a program, a signature or a call, and where. */
export class CompileError extends Error {
  override readonly name = 'CompileError'
}

/** Frames of tfjs-core, of this package (as source or built) and of Node itself are not the caller's. */
const foreign =
  /tfjs-core|compile\/src\/(trace|kernels|engines)\/|compile\/src\/[\w-]+\.ts:|compile\/dist\/|node:internal|<anonymous>/

/** The first stack frame that is the caller's own: where the op stands that could not be traced. */
export function callSite(stack: string | undefined): string {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const frame = frames.find((line) => /\.test\.ts/.test(line) || !foreign.test(line))
  return frame ? frame.trim().replace(/^at /, '') : 'an unknown place'
}

/** Runs with stack traces deep enough to reach past tfjs-core's own frames. */
export function withDeepStacks<R>(run: () => R): R {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 60
  try {
    return run()
  } finally {
    Error.stackTraceLimit = before
  }
}
