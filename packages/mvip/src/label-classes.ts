/** The label of pixels that do not count. */
export const ignoredLabel = 255

/** How stored ids become classes. */
export interface LabelRule {
  /** Number of classes; at most 255. */
  readonly classes: number
  /** Stored ids that do not count. 255 never does. Default none. */
  readonly ignore?: readonly number[]
  /** Stored id → class, where they are not the same (SCUT's sparse ids, ADE's that begin at 1). */
  readonly remap?: Readonly<Record<string, number>>
}

/**
 * The class of every id from 0 to 255: 255 where it does not count, -1 where it is unknown.
 * @throws Error where the rule names what cannot be.
 */
export function labelLookup({ classes, ignore = [], remap }: LabelRule): Int16Array {
  if (!Number.isInteger(classes) || classes < 1 || classes > 255)
    throw new Error(`labels: ${classes} classes; from 1 to 255 can be told apart`)
  const lookup = Int16Array.from({ length: 256 }, (_, id) => (remap === undefined && id < classes ? id : -1))
  for (const [id, label] of Object.entries(remap ?? {})) {
    if (!/^\d+$/.test(id) || Number(id) > 255) throw new Error(`labels: '${id}' is no id from 0 to 255`)
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new Error(`labels: id ${id} becomes class ${label}, there are ${classes}`)
    lookup[Number(id)] = label
  }
  for (const id of [...ignore, ignoredLabel]) lookup[id] = ignoredLabel
  return lookup
}

/** @throws Error naming the file, an id that is neither a class nor ignored, and how many pixels have it. */
export function applyLookup(ids: Uint8Array, lookup: Int16Array, file: string): Uint8Array {
  const labels = Uint8Array.from(ids, (id) => lookup[id]!)
  const stray = ids.find((id) => lookup[id] === -1)
  if (stray === undefined) return labels
  const count = ids.reduce((sum, id) => sum + Number(id === stray), 0)
  throw new Error(
    `${file}: ${count} pixels have id ${stray}, which is neither a class nor ignored; set data.classes, data.ignore or data.remap`,
  )
}
