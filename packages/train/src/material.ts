import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** What a run is made of beside its configuration, which names files and folders but not what is in them. */
export interface Material {
  /** Networks that the run begins with, by what they are: `teacher`, `backbone`. */
  readonly files: Readonly<Record<string, { readonly path: string; readonly sha256: string }>>
  /** What is trained on, by its names. */
  readonly items: { readonly unit: string; readonly count: number; readonly sha256: string }
}

/** Names that are hashed of a set: of larger ones so many, spread evenly, as each may have to be read from the disk. */
const hashedNames = 10_000

/**
 * Hashes the files, and the names of what is trained on.
 * @param files Their paths by what they are; without a path there is none.
 * @param items `unit`: what they are, as errors say it; `name`: of the item at an index.
 */
export async function materialOf(
  files: Readonly<Record<string, string | null | undefined>>,
  { unit, count, name }: { unit: string; count: number; name: (index: number) => string },
): Promise<Material> {
  const given = Object.entries(files).flatMap(([role, path]) => (path ? [{ role, path }] : []))
  const hashed = await Promise.all(
    given.map(async ({ role, path }) => {
      const hash = createHash('sha256')
      await pipeline(createReadStream(path), hash)
      return [role, { path, sha256: hash.digest('hex') }] as const
    }),
  )
  const names = createHash('sha256')
  const every = Math.ceil(count / hashedNames)
  for (let index = 0; index < count; index += every) names.update(`${name(index)}\n`)
  return { files: Object.fromEntries(hashed), items: { unit, count, sha256: names.digest('hex') } }
}

/** @throws Error naming a file that has another content than when the run began, or how the data differ */
export function checkSameMaterial(before: Material, now: Material): void {
  for (const [role, { path, sha256 }] of Object.entries(now.files))
    if (before.files[role] && before.files[role].sha256 !== sha256)
      throw new Error(`resume: the ${role} ${path} is not the file that the run began with`)
  const { unit, count, sha256 } = now.items
  if (before.items.count !== count)
    throw new Error(`resume: ${before.items.count} ${unit} were trained on, there are ${count}`)
  if (before.items.sha256 !== sha256)
    throw new Error(`resume: the ${count} ${unit} are not those that were trained on: their names differ`)
}
