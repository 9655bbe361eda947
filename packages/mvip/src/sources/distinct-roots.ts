import { realPlace } from '../output/real-place'

/** Where pairs are taken from, and which of them. */
export interface Root {
  readonly path: string
  readonly list?: string
  readonly split?: string
}

/**
 * Looks at roots that are to be joined.
 * @throws Error where two are one folder, links followed, with the same list and split: its pairs would count twice
 */
export function checkDistinct(roots: readonly Root[]): void {
  const seen = new Map<string, string>()
  for (const { path, list, split } of roots) {
    const key = JSON.stringify([realPlace(path), list === undefined ? null : realPlace(list), split ?? null])
    const earlier = seen.get(key)
    if (earlier === path) throw new Error(`${path} is given twice: its pairs would count twice`)
    if (earlier !== undefined)
      throw new Error(`${path} and ${earlier} are one folder: its pairs would count twice`)
    seen.set(key, path)
  }
}
