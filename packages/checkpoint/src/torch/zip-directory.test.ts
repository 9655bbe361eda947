import { describe, expect, it } from 'vitest'
import { loadCheckpoint } from '../load'
import { join, pickle, tensor, u32 } from '../testing/hand-made-pickle'
import { type HandMadeEntry, zip } from '../testing/hand-made-zip'

const values = new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i).buffer)
const data = pickle(tensor({ storage: 'Float', key: '0', length: 64, shape: [64], strides: [1] }))
const file = (storage: Partial<HandMadeEntry>, options = {}, ...more: HandMadeEntry[]) =>
  zip(
    [
      { name: 'r/data.pkl', bytes: data, deflate: storage.deflate },
      { name: 'r/data/0', bytes: values, ...storage },
      ...more,
    ],
    options,
  )
const last = async (bytes: Uint8Array) => (await loadCheckpoint(bytes)).tensors.get('tensor')!.data.at(-1)
const refused = (bytes: Uint8Array, message: RegExp) => expect(loadCheckpoint(bytes)).rejects.toThrow(message)

describe('zips that other programs re-packed', () => {
  it('may be deflated, use zip64, or end with a comment', async () => {
    expect(await last(file({ deflate: true }))).toBe(63)
    expect(await last(file({ zip64: true }))).toBe(63)
    expect(await last(file({ zip64: true }, { zip64End: true }))).toBe(63)
    expect(await last(file({}, { comment: 'PK\u0005\u0006 is not the end'.padEnd(60) }))).toBe(63)
  })
})

describe('a hostile zip', () => {
  it('that declares more than deflate can hold is refused before inflating', async () => {
    await refused(file({ deflate: true, size: 2 ** 20 }), /declares 1048576 bytes from \d+: refused/)
    await refused(file({ deflate: true, zip64: true, size: 2 ** 40 }), /storages of 1099511627776 bytes/)
  })

  it('that inflates to more or less than it declares is refused', async () => {
    await refused(file({ deflate: true, size: 128 }), /wants a storage of 256 bytes, which has 128/)
    await refused(file({ deflate: true, size: 300 }), /inflates to 256 bytes, not 300/)
    await refused(
      zip([{ name: 'r/data.pkl', bytes: new Uint8Array(2 ** 20), deflate: true, size: 64 }]),
      /does not inflate to its 64 bytes/,
    )
    await refused(file({ method: 8 }), /does not inflate/)
  })

  it('of zeros that multiply in memory is refused as a whole', async () => {
    const zeros = new Uint8Array(9 * 2 ** 20)
    const names = Array.from({ length: 8 }, (_, i) => `${i}`)
    const made = names.map((key) =>
      join(
        0x58,
        u32(1),
        new TextEncoder().encode(key),
        tensor({ storage: 'Byte', key, length: zeros.length, shape: [zeros.length], strides: [1] }),
      ),
    )
    const root = { name: 'r/data.pkl', bytes: pickle(0x7d, 0x28, ...made, 0x75) }
    const bomb = zip([
      root,
      ...names.map((key) => ({ name: `r/data/${key}`, bytes: zeros, deflate: true, crc32: 0 })),
    ])
    await refused(bomb, /storages of 75497472 bytes from a zip of \d+: refused/)
  })

  it('whose entries overlap, repeat, or leave the file is refused', async () => {
    await refused(file({}, {}, { name: 'r/data/0', bytes: values }), /'r\/data\/0' appears twice/)
    await refused(file({ header: 0xfffffff0 }), /overlaps or overruns/)
    await refused(file({ zip64: true, header: 2 ** 50 }), /overlaps or overruns/)
    await refused(file({ header: 7 }), /'r\/data\/0' has no header here/)
    await refused(file({ localName: 'r/data/1' }), /another name in its own header/)
    // 200 directory entries for the same 256 bytes.
    const copies = Array.from({ length: 200 }, (_, i) => ({
      name: `r/${i}`,
      bytes: values,
      header: 0,
      local: false,
    }))
    await refused(file({}, {}, ...copies), /overlaps or overruns/)
    await refused(file({ size: 300 }), /is stored, yet has 256 bytes for 300/)
  })

  it('that is encrypted or compressed in another way is refused', async () => {
    await refused(file({ flags: 1 }), /is encrypted/)
    await refused(file({ method: 12 }), /compression method 12/)
  })

  it('whose end record lies about the directory is refused', async () => {
    const patched = (at: number, bytes: Uint8Array) => {
      const copy = file({})
      copy.set(bytes, copy.length - 22 + at)
      return copy
    }
    await refused(patched(12, u32(2 ** 31)), /does not fit in front of byte/)
    await refused(patched(16, u32(2 ** 31)), /does not fit in front of byte/)
    await refused(patched(10, Uint8Array.of(255, 255)), /65535 zip entries do not fit/)
    await refused(
      patched(10, Uint8Array.of(3, 0)),
      /without its signature|3 zip entries do not fit|cut short/,
    )
    await refused(patched(4, Uint8Array.of(1, 0)), /several volumes/)
  })
})
