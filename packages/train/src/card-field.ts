/** What a field of a card in a file's metadata may be, and the same in words. */
export interface FieldCheck {
  readonly right: (value: unknown) => boolean
  readonly wanted: string
}

export type Fields = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A card's fields; of a text that is none there are none, so that the first check names what is missing. */
export function parseFields(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/** @param card Its key in the metadata. @throws Error naming the field that cannot be, and what would be right */
export function checkField(card: string, name: string, value: unknown, right: boolean, wanted: string): void {
  if (!right) throw new Error(`${card}: ${name} is ${JSON.stringify(value)?.slice(0, 80)}, wanted ${wanted}`)
}
