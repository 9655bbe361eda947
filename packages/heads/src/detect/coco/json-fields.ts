/** Input that is not what the format says; the message names file, entry and what was wanted. */
export class CocoError extends Error {
  override readonly name = 'CocoError'
}

export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads JSON. `NaN` and `Infinity`, which Python writes though JSON has none, are read as null, so that the check of
 * the entry that holds them can name it.
 * @throws CocoError where the text is no JSON.
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const patched = text.replace(
      /("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g,
      (_, quoted?: string) => quoted ?? 'null',
    )
    try {
      if (patched !== text) return JSON.parse(patched)
    } catch {
      // The first complaint is about the text as it stands.
    }
    throw new CocoError(`${file}: not valid JSON (${(error as Error).message})`)
  }
}

/** Checked access to the entries of one file. */
export function fieldReader(file: string) {
  const fail = (where: string, value: unknown, wanted: string): never => {
    throw new CocoError(`${file}: ${where} is ${shown(value)}, wanted ${wanted}`)
  }
  return {
    fail,
    record: (value: unknown, where: string): Fields =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Fields)
        : fail(where, value, 'an object'),
    list: (value: unknown, where: string): readonly unknown[] =>
      Array.isArray(value) ? value : fail(where, value, 'a list'),
    id: (value: unknown, where: string): number =>
      Number.isSafeInteger(value) ? (value as number) : fail(where, value, 'a whole number'),
    text: (value: unknown, where: string): string =>
      typeof value === 'string' ? value : fail(where, value, 'a text'),
    number: (value: unknown, where: string): number =>
      Number.isFinite(value) ? (value as number) : fail(where, value, 'a finite number'),
    side: (value: unknown, where: string): number =>
      Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 24
        ? (value as number)
        : fail(where, value, 'a number of pixels'),
    flag: (value: unknown, where: string): boolean =>
      value === undefined || value === 0 || value === false
        ? false
        : value === 1 || value === true || fail(where, value, '0 or 1'),
    box(value: unknown, where: string): [number, number, number, number] {
      if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite))
        return fail(where, value, 'four finite numbers [x, y, width, height]')
      if (value[2] < 0 || value[3] < 0) return fail(where, value, 'a width and a height of at least 0')
      return value as [number, number, number, number]
    },
  }
}

export type FieldReader = ReturnType<typeof fieldReader>

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  const cut = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return value === null ? 'null or not a number' : cut
}
