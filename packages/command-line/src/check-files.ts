import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Flags } from './flags'

interface NamedFile {
  /** As the command line names it: `--out z.onnx`. */
  readonly name: string
  readonly place: string
  readonly written: boolean
}

/**
 * Looks at the files that flags name before anything is done.
 * @throws Error naming both flags, where what one writes is what another one reads or writes
 */
export function checkFiles(flags: Flags, values: Readonly<Record<string, unknown>>): void {
  const files = Object.entries(flags).flatMap(([flag, { file, companion }]) =>
    file === undefined
      ? []
      : [values[flag] ?? []].flat().flatMap((path): NamedFile[] => {
          const name = `--${flag} ${path}`
          const beside = companion?.(String(path))
          const written = file === 'written'
          return [
            { name, place: placeOf(String(path)), written },
            ...(beside === undefined
              ? []
              : [{ name: `${beside} (of ${name})`, place: placeOf(beside), written }]),
          ]
        }),
  )
  for (const output of files.filter(({ written }) => written)) {
    const other = files.find((file) => file !== output && file.place === output.place)
    if (!other) continue
    throw new Error(
      other.written
        ? `${output.name} and ${other.name} are one file; name two`
        : `${output.name} is ${other.name}: the command would overwrite what it reads; name another file`,
    )
  }
}

/** Where a path leads to, through links; a file that is not there yet is found by its folder. */
function placeOf(path: string): string {
  const whole = resolve(path)
  try {
    return realpathSync.native(whole)
  } catch {
    const folder = dirname(whole)
    return folder === whole ? whole : join(placeOf(folder), basename(whole))
  }
}
