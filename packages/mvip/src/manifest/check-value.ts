import type { z } from 'zod'

/** A header's own word for what it is, and its versions that are read, the newest last. */
interface Format {
  readonly format: string
  readonly versions: readonly number[]
}

/**
 * @param wanted What this program reads.
 * @throws Error where a file's JSON is of another format, or of another version of it: which one, and which is read.
 */
export function checkFormat(json: unknown, file: string, wanted: Format): void {
  const { format, version } = (json ?? {}) as Partial<Record<'format' | 'version', unknown>>
  const told = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value))
  if (format !== wanted.format)
    throw new Error(
      `${file}: is none of univ-mvip's: its format is ${told(format)}, "${wanted.format}" is wanted`,
    )
  if (typeof version === 'number' && wanted.versions.includes(version)) return
  const newer = typeof version === 'number' && version > wanted.versions.at(-1)!
  throw new Error(
    `${file}: is of version ${told(version)} and this program reads version ${wanted.versions.join(' and ')}: ${newer ? 'take a newer univ-mvip' : 'write it again with this univ-mvip'}`,
  )
}

/** @throws Error that says where a value is wrong, which field, and what would be right. */
export function checkValue<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const [issue] = error.issues
  const message = issue?.message.replace(
    /^Invalid input: expected (.*), received undefined$/,
    'is missing, a $1 is wanted',
  )
  throw new Error(`${where}: ${issue?.path.join('.') || 'the line'}: ${message}`)
}
