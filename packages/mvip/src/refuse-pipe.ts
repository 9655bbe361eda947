import { statSync } from 'node:fs'

/**
 * Reading a pipe waits for its writer, and a device may have no end. What is not there is told by who reads it.
 * @throws Error where the file is one of these
 */
export function refusePipe(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found && !found.isFile() && !found.isDirectory()) throw new Error(`${file}: is not a regular file`)
}
