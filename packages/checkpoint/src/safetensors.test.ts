import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { maxHeaderBytes } from './limits'
import { readSafetensors } from './safetensors'
import { encodeSafetensors, type WritableTensor, writeSafetensors } from './safetensors-write'
import { bytesByName, fixture, goldenNote, goldenPath, goldenPresent } from './testing/golden'
import { join as joinBytes, u64 } from './testing/hand-made-pickle'

const tensors: Record<string, WritableTensor> = {
  flag: { shape: [3], dtype: 'bool', data: Uint8Array.of(1, 0, 1) },
  'a.weight': { shape: [2, 2], dtype: 'float32', data: Float32Array.of(1, -2, 3.5, NaN) },
  step: { shape: [], dtype: 'int64', data: Int32Array.of(-7) },
  big: { shape: [1], dtype: 'int64', data: BigInt64Array.of(9n) },
  ids: { shape: [2], dtype: 'int32', data: Int32Array.of(5, -5) },
  raw: { shape: [1, 0], dtype: 'uint8', data: new Uint8Array(0) },
}

function file(header: unknown, data: Uint8Array = new Uint8Array(8)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  return joinBytes(u64(json.length), json, data)
}

describe('safetensors round trip', () => {
  it('keeps names, shapes, types, values and metadata', async () => {
    const {
      format,
      metadata,
      tensors: read,
    } = await readSafetensors(encodeSafetensors(tensors, { note: 'κ', n: '1' }))
    expect(format).toBe('safetensors')
    expect(metadata).toEqual({ note: 'κ', n: '1' })
    expect(new Set(read.keys())).toEqual(new Set(Object.keys(tensors)))
    for (const [name, { shape, dtype, data }] of Object.entries(tensors)) {
      expect(read.get(name), name).toMatchObject({ shape, dtype })
      expect([...read.get(name)!.data]).toEqual(Array.from(data, Number))
    }
  })

  it('aligns every tensor and the data to its element size', () => {
    const bytes = encodeSafetensors(tensors)
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
    expect(Object.values<{ data_offsets: number[] }>(header).map((entry) => entry.data_offsets[0])).toEqual([
      0, 8, 16, 32, 40, 43,
    ])
  })

  it('writes the same file as it encodes, and leaves nothing else behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'univ-safetensors-'))
    const path = join(folder, 'w.safetensors')
    await writeSafetensors(path, tensors)
    expect(await readSafetensors(path)).toEqual(await readSafetensors(encodeSafetensors(tensors)))
    expect(await readdir(folder)).toEqual(['w.safetensors'])
    await rm(folder, { recursive: true })
  })

  it('refuses to write what disagrees with itself', () => {
    const write =
      (tensor: object, name = 'x') =>
      () =>
        encodeSafetensors({ [name]: tensor as WritableTensor })
    const data = new Float32Array(4)
    expect(write({ shape: [3], dtype: 'float32', data })).toThrow(
      `tensor 'x': shape [3] has 3 elements, the data 4`,
    )
    expect(write({ shape: [-2, -2], dtype: 'float32', data })).toThrow('shape [-2,-2]')
    expect(write({ shape: [4], dtype: 'int32', data })).toThrow('int32 wants Int32Array, not Float32Array')
    expect(write({ shape: [4], dtype: 'float16', data })).toThrow('dtype float16 is not written')
    expect(write({ shape: [4], dtype: 'float32', data }, '__metadata__')).toThrow('reserved')
  })
})

describe('golden safetensors', () => {
  it('of the reference implementation are read', async () => {
    const { tensors: read, metadata } = await readSafetensors(fixture('mae.safetensors'))
    expect(metadata.mask_ratio).toBe('0.75')
    expect([...read].map(([name, { shape }]) => [name, shape])).toEqual([
      ['loss', [1]],
      ['mask', [2, 196]],
      ['noise', [2, 196]],
      ['pred', [1, 196, 96]],
    ])
    expect([...read.get('mask')!.data].filter((value) => value === 1).length).toBe(2 * 147)
  })

  it.skipIf(!goldenPresent)(`are all read, and survive writing${goldenNote}`, async () => {
    const names = ['mae', 'features', 'pccl', 'lora-training'].map((name) => `mcmae-tiny/${name}`)
    for (const name of [...names, 'vit-tiny/features', 'upernet/upernet']) {
      const read = await readSafetensors(goldenPath(`${name}.safetensors`))
      const again = await readSafetensors(
        encodeSafetensors(Object.fromEntries(read.tensors) as Record<string, WritableTensor>, read.metadata),
      )
      expect(again.metadata).toEqual(read.metadata)
      expect(bytesByName(again)).toEqual(bytesByName(read))
    }
  })
})

describe('a safetensors file that lies', () => {
  const two = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
  const refused = (bytes: Uint8Array, message: RegExp) =>
    expect(readSafetensors(bytes)).rejects.toThrow(message)

  it('about its header is refused before memory is taken', async () => {
    await refused(joinBytes(u64(2n ** 63n), 0x7b, 0x7d), /a header of 9223372036854775808 bytes does not fit/)
    await refused(joinBytes(u64(3), 0x7b, 0x7d), /a header of 3 bytes does not fit a file of 10/)
    await refused(joinBytes(u64(maxHeaderBytes + 1), new Uint8Array(64)), /limit/)
    await refused(Uint8Array.of(1, 2, 3), /8 bytes wanted, but the file ends at byte 3/)
    await refused(file('{"a":'), /byte 8: the header is not JSON/)
    await refused(file('[1]'), /not a JSON object/)
    await refused(joinBytes(u64(2), 0xff, 0xfe), /not JSON/)
    await refused(file('['.repeat(100_000)), /not JSON/)
  })

  it('about a tensor is refused', async () => {
    await refused(file({ a: 1 }), /tensor 'a' is not described by an object/)
    await refused(file({ a: { ...two, dtype: 'F8_E4M3' } }), /dtype "F8_E4M3"; known: F64/)
    await refused(file({ a: { ...two, dtype: 'toString' } }), /dtype "toString"/)
    await refused(file({ a: { ...two, shape: [-2] } }), /shape \[-2\]/)
    await refused(
      file({ a: { ...two, shape: [2 ** 40, 2 ** 40] } }),
      /needs 4\.8\d+e\+24 bytes, its data_offsets span 8/,
    )
    await refused(file({ a: { ...two, shape: undefined } }), /shape undefined/)
    await refused(file({ a: { ...two, data_offsets: [8, 0] } }), /data_offsets \[8,0\]/)
    await refused(file({ a: { ...two, data_offsets: [0, 1e300] } }), /data_offsets/)
    await refused(file({ __metadata__: { a: 1 }, b: two }), /__metadata__ 'a' is not a string/)
  })

  it('about what lies where is refused: holes, overlaps, leftovers', async () => {
    await refused(file({ a: two, b: two }), /tensor 'b' starts here, but the one before ends/)
    await refused(
      file({ a: { ...two, data_offsets: [8, 16] } }, new Uint8Array(16)),
      /tensor 'a' starts here/,
    )
    await refused(file({ a: two }, new Uint8Array(9)), /the tensors end here, but the file has/)
    await refused(file({ a: two }, new Uint8Array(4)), /the tensors end here, but the file has/)
  })

  it('by the name of a prototype is just a name', async () => {
    const { tensors: read } = await readSafetensors(file(`{"__proto__":${JSON.stringify(two)}}`))
    expect([...read.keys()]).toEqual(['__proto__'])
  })
})
