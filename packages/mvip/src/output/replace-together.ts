import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const part = (file: string) => `${file}.part`
/** The header's name once all new files are whole: from then on the new ones count. */
export const pendingName = (header: string) => `${header}.next`

/**
 * Replaces files of a folder, all or none: `write` makes each as `NAME.part`; once the header has got its name `NAME.next`
 * they are renamed, the header last. Whoever stops before that leaves the old files, whoever stops later a folder that
 * tells so, and `finishReplacing` ends it.
 * @param write Writes all parts; nothing stays of them where it fails.
 */
export async function replaceTogether(
  folder: string,
  names: readonly string[],
  header: string,
  write: (part: (name: string) => string) => Promise<void>,
): Promise<void> {
  const place = (name: string) => join(folder, name)
  try {
    await write((name) => part(place(name)))
    await rename(part(place(header)), place(pendingName(header)))
  } catch (error) {
    for (const name of [...names, header]) await rm(part(place(name)), { force: true })
    throw error
  }
  await finishReplacing(folder, names, header)
}

/** Ends a replacement that was stopped among its renames; does nothing where there is none. */
export async function finishReplacing(
  folder: string,
  names: readonly string[],
  header: string,
): Promise<void> {
  const pending = join(folder, pendingName(header))
  if (!existsSync(pending)) return
  for (const file of names.map((name) => join(folder, name)))
    if (existsSync(part(file))) await rename(part(file), file)
  await rename(pending, join(folder, header))
}
