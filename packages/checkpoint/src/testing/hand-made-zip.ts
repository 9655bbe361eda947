import { deflateRawSync } from 'node:zlib'
import { portableCrc32 } from '../crc32'
import { join, u32, u64 } from './hand-made-pickle'

/** One entry of a zip made by hand; the last fields lie. */
export interface HandMadeEntry {
  readonly name: string
  readonly bytes: Uint8Array
  readonly deflate?: boolean
  readonly zip64?: boolean
  readonly crc32?: number
  readonly flags?: number
  readonly method?: number
  readonly size?: number
  readonly header?: number
  readonly localName?: string
  /** False: the directory names an entry that has no place of its own. Default true. */
  readonly local?: boolean
}

/** A torch file around a pickle: `root/data.pkl` and `root/data/KEY`. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
  more: readonly HandMadeEntry[] = [],
): Uint8Array<ArrayBuffer> {
  return zip([
    { name: 'root/data.pkl', bytes: pickle },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `root/data/${key}`, bytes })),
    ...more,
  ])
}

/** @param zip64End writes the zip64 end record and locator too */
export function zip(
  entries: readonly HandMadeEntry[],
  { zip64End = false, comment = '' }: { zip64End?: boolean; comment?: string } = {},
): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const entry of entries) {
    const name = new TextEncoder().encode(entry.name)
    const localName = new TextEncoder().encode(entry.localName ?? entry.name)
    const data = entry.deflate ? new Uint8Array(deflateRawSync(entry.bytes)) : entry.bytes
    const method = entry.method ?? (entry.deflate ? 8 : 0)
    const size = entry.size ?? entry.bytes.length
    const crc = u32(entry.crc32 ?? portableCrc32(entry.bytes))
    const header = entry.header ?? at
    const big = entry.zip64 ?? false
    const extra = big ? join(u16(1), u16(24), u64(size), u64(data.length), u64(header)) : new Uint8Array()
    const fixed = join(u16(20), u16(entry.flags ?? 0), u16(method), u32(0), crc)
    const unknown = u32(0xffffffff)
    const local = join(
      u32(0x04034b50),
      fixed,
      u32(data.length),
      u32(size),
      u16(localName.length),
      u16(0),
      localName,
      data,
    )
    locals.push(entry.local === false ? new Uint8Array() : local)
    const sizes = big ? [unknown, unknown] : [u32(data.length), u32(size)]
    const lengths = [u16(name.length), u16(extra.length), u16(0), u16(0), u16(0), u32(0)]
    directory.push(
      join(u32(0x02014b50), u16(20), fixed, ...sizes, ...lengths, big ? unknown : u32(header), name, extra),
    )
    at += locals.at(-1)!.length
  }
  const table = join(...directory)
  const count = entries.length
  const end64 = zip64End
    ? [
        join(
          u32(0x06064b50),
          u64(44),
          u16(45),
          u16(45),
          u32(0),
          u32(0),
          u64(count),
          u64(count),
          u64(table.length),
          u64(at),
        ),
        join(u32(0x07064b50), u32(0), u64(at + table.length), u32(1)),
      ]
    : []
  const place = zip64End ? [u32(0xffffffff), u32(0xffffffff)] : [u32(table.length), u32(at)]
  const note = new TextEncoder().encode(comment)
  const end = join(u32(0x06054b50), u16(0), u16(0), u16(count), u16(count), ...place, u16(note.length), note)
  return join(...locals, table, ...end64, end)
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, value >> 8)
}
