import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'

/** Where a path really is: links followed, and names in the case that the disk has; what does not exist yet is kept. */
export function realPlace(path: string): string {
  const whole = resolve(path)
  try {
    return realpathSync.native(whole)
  } catch {
    const parent = dirname(whole)
    return parent === whole ? whole : join(realPlace(parent), basename(whole))
  }
}

/** Whether a real place is `outer` itself or lies below it. */
export function isWithin(inner: string, outer: string): boolean {
  const way = relative(outer, inner)
  return way === '' || (way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way))
}

/** @throws Error naming both, where two folders are one or one lies in the other: its pairs would be counted twice. */
export function checkSources(folders: readonly string[]): void {
  const places = folders.map(realPlace)
  for (const [i, path] of folders.entries()) {
    for (const [j, other] of folders.slice(0, i).entries()) {
      if (places[i] === places[j])
        throw new Error(
          path === other ? `${path} is given twice` : `${other} and ${path} are one folder: give it once`,
        )
      const [inner, outer] = isWithin(places[i]!, places[j]!) ? [path, other] : [other, path]
      if (isWithin(places[i]!, places[j]!) || isWithin(places[j]!, places[i]!))
        throw new Error(`${inner} lies in ${outer}: its pairs would be counted twice; give one of them`)
    }
  }
}

/** @throws Error naming both, where what is written would lie among what is read, or the other way round. */
export function checkApart(sources: readonly string[], out: string): void {
  const place = realPlace(out)
  for (const source of sources) {
    const read = realPlace(source)
    if (place === read)
      throw new Error(
        `--out ${out} is the source ${source} itself: sources are only read; give another folder`,
      )
    if (isWithin(place, read))
      throw new Error(
        `--out ${out} lies in the source ${source}: sources are only read; give a folder outside`,
      )
    if (isWithin(read, place))
      throw new Error(`the source ${source} lies in --out ${out}: give a folder that holds no source`)
  }
}
