import { createHash } from 'node:crypto'
import { checkValue } from './check-value'
import { readJsonLines } from './json-lines'
import { type ManifestRecord, manifestRecord } from './record'

/** @throws Error where a line is no record. */
export const parseRecord = (value: unknown, where: string): ManifestRecord =>
  checkValue(manifestRecord, value, where)

/** Looks at a manifest's lines as they come by, and at the whole at its end. */
export interface ManifestCheck {
  /** @throws Error naming the line, and the field that is wrong. */
  record(value: unknown, line: number): ManifestRecord
  /** @throws Error where lines are missing or too many, or two have one id. */
  end(): Promise<void>
}

/**
 * @param roots How many roots the header has.
 * @param kept How many lines it tells of; missing where the manifest is another than the header's own.
 */
export function manifestCheck(file: string, roots: number, kept: number | undefined): ManifestCheck {
  // Eight bytes a line, not the ids: a manifest may have millions.
  let hashes = new Float64Array(1024)
  let count = 0
  return {
    record(value, line) {
      const record = parseRecord(value, `${file}:${line}`)
      if (record.root >= roots)
        throw new Error(`${file}:${line}: root: ${record.root} is named, and the header has ${roots}, from 0`)
      if (count === hashes.length) {
        const more = new Float64Array(2 * count)
        more.set(hashes)
        hashes = more
      }
      hashes[count++] = hashOf(record.id)
      return record
    },
    async end() {
      if (kept !== undefined && count !== kept)
        throw new Error(
          `${file}: has ${count} lines and its header tells of ${kept}: it is cut or mixed; copy it again, or build the dataset again`,
        )
      const sorted = hashes.subarray(0, count).sort()
      const twice = new Set(sorted.filter((hash, i) => hash === sorted[i - 1]))
      if (twice.size > 0) await tellRepeated(file, twice)
    },
  }
}

const hashOf = (id: string): number => createHash('sha256').update(id).digest().readUIntBE(0, 6)

/** Two ids may have one hash; they are read again. */
async function tellRepeated(file: string, hashes: ReadonlySet<number>): Promise<void> {
  const seen = new Map<string, number>()
  for await (const { value, line } of readJsonLines(file)) {
    const { id } = value as ManifestRecord
    if (!hashes.has(hashOf(id))) continue
    const earlier = seen.get(id)
    if (earlier !== undefined)
      throw new Error(
        `${file}:${line}: id: ${JSON.stringify(id)} is that of line ${earlier} too; ids are unique`,
      )
    seen.set(id, line)
  }
}
