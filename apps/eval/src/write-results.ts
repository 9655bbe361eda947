import { writeAtomic } from '@univ/checkpoint'

/**
 * Writes a command's figures and report where they are wanted, and says so.
 * @param files As the command line names them; undefined: not wanted.
 * @param page Made only where it is written.
 */
export async function writeResults(
  files: { readonly json?: string; readonly report?: string },
  figures: unknown,
  page: () => string | Promise<string> = () => '',
): Promise<void> {
  const { json, report } = files
  if (json !== undefined) await writeAtomic(json, Buffer.from(`${JSON.stringify(figures, null, 2)}\n`))
  if (report !== undefined) await writeAtomic(report, Buffer.from(await page()))
  for (const file of [json, report]) if (file !== undefined) console.log(`\nwritten: ${file}`)
}
