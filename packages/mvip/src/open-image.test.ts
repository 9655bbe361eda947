import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { loadImage } from './decode'
import { readLabelImage } from './label-image'
import { normalisation } from './normalisation'
import { openImage } from './open-image'

const root = mkdtempSync(join(tmpdir(), 'univ-odd-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function write(name: string, image: Sharp | Buffer): Promise<string> {
  const file = join(root, name)
  writeFileSync(file, Buffer.isBuffer(image) ? image : await image.toBuffer())
  return file
}

/** Bytes of a loaded image again. @returns `[height · width][3]` */
async function bytesOf(file: string, modality: 'rgb' | 'ir', more: object = {}) {
  const { data, height, width } = await loadImage(file, { modality, ...more })
  const { mean, std } = normalisation[modality]
  const bytes = Array.from({ length: height * width }, (_, i) =>
    [0, 1, 2].map((c) => Math.abs(Math.round(255 * (data[3 * i + c]! * std[c]! + mean[c]!)))),
  )
  return { bytes, height, width }
}

/** The plainest TIFF of wide grey values: sharp reads such files and writes none. */
function wideTiff(
  values: Uint16Array | Int16Array | Uint32Array | Float32Array | Float64Array,
  width: number,
): Buffer {
  const kind = values instanceof Int16Array ? 2 : values.constructor.name.startsWith('Float') ? 3 : 1
  const tags: readonly (readonly [number, number, number])[] = [
    [256, 3, width],
    [257, 3, values.length / width],
    [258, 3, 8 * values.BYTES_PER_ELEMENT], // bits
    [259, 3, 1], // no compression
    [262, 3, 1], // black is zero
    [273, 4, 8], // where the values begin
    [277, 3, 1],
    [278, 3, values.length / width],
    [279, 4, values.byteLength],
    [339, 3, kind], // unsigned, signed, floating point
  ]
  const directory = Buffer.alloc(2 + 12 * tags.length + 4)
  directory.writeUInt16LE(tags.length, 0)
  tags.forEach(([tag, type, value], i) => {
    directory.writeUInt16LE(tag, 2 + 12 * i)
    directory.writeUInt16LE(type, 4 + 12 * i)
    directory.writeUInt32LE(1, 6 + 12 * i)
    directory.writeUInt32LE(value, 10 + 12 * i)
  })
  const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])
  header.writeUInt32LE(8 + values.byteLength, 4)
  return Buffer.concat([header, Buffer.from(values.buffer), directory])
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  let crc = 0xffffffff
  for (const byte of body) crc = crcTable[(crc ^ byte) & 255]! ^ (crc >>> 8)
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
  return Buffer.concat([length, body, sum])
}

describe('odd images', () => {
  it.skipIf(process.platform === 'win32')('are no pipes, for whose writer it would wait', async () => {
    const pipe = join(root, 'pipe.png')
    execFileSync('mkfifo', [pipe])
    await expect(loadImage(pipe, { modality: 'rgb' })).rejects.toThrow(`${pipe}: is not a regular file`)
    await expect(openImage('/dev/zero', 'rgb')).rejects.toThrow('/dev/zero: is not a regular file')
    await expect(readLabelImage(pipe)).rejects.toThrow(`${pipe}: is not a regular file`)
  })

  it.each(['png', 'tiff'] as const)(
    'scale 16-bit thermal %s by its 1st and 99th percentile',
    async (format) => {
      // 200 values from 7000 to 8990, and two wild ones that must not set the scale.
      const values = Uint16Array.from({ length: 200 }, (_, i) => 7000 + 10 * i)
      values[0] = 0
      values[199] = 65535
      const raw = sharp(values, { raw: { width: 20, height: 10, channels: 1 } }).toColourspace('grey16')
      const file = await write(`thermal.${format}`, format === 'png' ? raw.png() : wideTiff(values, 20))
      expect((await sharp(file).metadata()).depth).toBe('ushort')
      const { bytes } = await bytesOf(file, 'ir')
      expect([bytes[0]![0], bytes[199]![0]]).toEqual([0, 255])
      // (8000 - 7010) / (8980 - 7010) of 255
      expect(bytes[100]![0]).toBe(128)
    },
  )

  it.each([
    ['Celsius times ten, signed', (i: number) => Int16Array.of(-500 + 10 * i)],
    ['Celsius', (i: number) => Float32Array.of(-40.5 + i / 8)],
    ['Kelvin', (i: number) => Float32Array.of(290 + i / 8)],
    ['counts of 32 bits', (i: number) => Uint32Array.of(70_000 + 100 * i)],
  ] as const)('keep every step of thermal %s', async (_, at) => {
    const type = at(0).constructor as Int16ArrayConstructor
    const values = type.from({ length: 101 * 10 }, (_, i) => at(i % 101)[0]!)
    const file = await write('thermal.tiff', wideTiff(values, 101))
    const { bytes } = await bytesOf(file, 'ir')
    // The 1st and 99th percentile of 0 to 100 are 1 and 99, whatever the unit.
    const wanted = Array.from({ length: 101 }, (_, i) => Math.min(98, Math.max(0, i - 1)) / 98)
    bytes.slice(0, 101).forEach(([value], i) => {
      expect(Math.abs(value! - 255 * wanted[i]!), `value ${i}`).toBeLessThan(0.51)
    })
  })

  it('scale thermal images, in colour or alpha channels too, by a range that is given', async () => {
    const values = Uint16Array.from([6000, 7000, 7500, 8000, 9000, 65535], (value) => value)
    const wanted = [0, 0, 64, 128, 255, 255]
    const range = { thermalRange: [7000, 9000] as const }
    const open = async (file: string, how: object) => {
      const { pipeline } = await openImage(file, 'ir', how)
      return [...(await pipeline.raw().toBuffer())]
    }
    const stored = (channels: 1 | 3 | 4, space: string) => {
      const all = Uint16Array.from({ length: 6 * channels }, (_, i) => values[Math.floor(i / channels)]!)
      return sharp(all, { raw: { width: 6, height: 1, channels } })
        .toColourspace(space)
        .png()
    }
    const [grey, colour, alpha] = [stored(1, 'grey16'), stored(3, 'rgb16'), stored(4, 'rgb16')]
    expect(await open(await write('grey.png', grey), range)).toEqual(wanted)
    expect(await open(await write('colour.png', colour), range)).toEqual(wanted)
    expect(await open(await write('alpha.png', alpha), { ...range, channels: 'alpha' })).toEqual(wanted)
    const eight = sharp(Buffer.from([0, 90, 255]), { raw: { width: 3, height: 1, channels: 1 } })
    const file = await write('eight.png', eight.toColourspace('b-w').png())
    expect(await open(file, range)).toEqual([0, 90, 255])
    // A range of infrared says nothing of a visible image of 16 bits.
    const visible = (await openImage(await write('visible.png', grey), 'rgb', range)).pipeline
    const [first, ...others] = (await visible.raw().toBuffer()).filter((_, i) => i % 3 === 0)
    expect([first, others.at(-1)]).toEqual([0, 255])
    expect(others[0]).toBeLessThan(others[1]!)
    expect(others[3]).toBeLessThan(20)
  })

  it('read CMYK as sRGB', async () => {
    const red = sharp({ create: { width: 8, height: 8, channels: 3, background: '#d02020' } })
    const file = await write('cmyk.jpg', red.toColourspace('cmyk').jpeg({ quality: 100 }))
    expect((await sharp(file).metadata()).space).toBe('cmyk')
    const [r, g, b] = (await bytesOf(file, 'rgb')).bytes[20]!
    expect(r!).toBeGreaterThan(150)
    expect(Math.max(g!, b!)).toBeLessThan(90)
  })

  it('read a grey visible image on three channels, and a coloured infrared one as grey', async () => {
    const grey = sharp(Buffer.from([0, 90, 180, 255]), { raw: { width: 2, height: 2, channels: 1 } })
    const file = await write('grey.png', grey.toColourspace('b-w').png())
    expect((await bytesOf(file, 'rgb')).bytes[1]).toEqual([90, 90, 90])
    const coloured = sharp({ create: { width: 2, height: 2, channels: 3, background: '#ff0000' } })
    const [a, b, c] = (await bytesOf(await write('red.png', coloured.png()), 'ir')).bytes[0]!
    expect([a, a]).toEqual([b, c])
  })

  it('turn an image as EXIF says before it is cut', async () => {
    // Stored: 2 × 1, black then white. Orientation 6: shown after a quarter turn clockwise, black above white.
    const stored = sharp(Buffer.from([0, 0, 0, 255, 255, 255]), { raw: { width: 2, height: 1, channels: 3 } })
    const file = await write('turned.png', stored.withMetadata({ orientation: 6 }).png())
    const { bytes, height, width } = await bytesOf(file, 'rgb')
    expect([height, width, bytes[0]![0], bytes[1]![0]]).toEqual([2, 1, 0, 255])
    const lower = { left: 0, top: 0.5, width: 1, height: 0.5, flip: false }
    expect((await bytesOf(file, 'rgb', { view: lower })).bytes).toEqual([[255, 255, 255]])
  })

  it('take thermal from the fourth channel, and colours that alpha does not touch', async () => {
    const rgba = Buffer.from([200, 100, 50, 0, 10, 20, 30, 128, 1, 2, 3, 255, 90, 80, 70, 3])
    const file = await write('mfnet.png', sharp(rgba, { raw: { width: 2, height: 2, channels: 4 } }).png())
    const { data } = await loadImage({ file, channels: 'alpha' } as never, { modality: 'ir' })
    const { mean, std } = normalisation.ir
    expect([0, 3, 6, 9].map((i) => Math.abs(Math.round(255 * (data[i]! * std[0] + mean[0]))))).toEqual([
      0, 128, 255, 3,
    ])
    expect((await bytesOf(file, 'rgb')).bytes).toEqual([
      [200, 100, 50],
      [10, 20, 30],
      [1, 2, 3],
      [90, 80, 70],
    ])
    const small = await bytesOf(file, 'rgb', { size: 1 })
    // The mean of the four, though one of them is wholly transparent.
    expect(Math.abs(small.bytes[0]![0]! - 75)).toBeLessThan(30)
    const opaque = await write(
      'opaque.png',
      sharp({ create: { width: 2, height: 2, channels: 3, background: '#000' } }).png(),
    )
    await expect(loadImage({ file: opaque, channels: 'alpha' } as never, { modality: 'ir' })).rejects.toThrow(
      /opaque\.png: .*has 3 channels; infrared is wanted as alpha/,
    )
  })

  it('are refused where they unpack to more pixels than memory should hold', async () => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(60_000, 0)
    header.writeUInt32BE(60_000, 4)
    header.set([8, 0, 0, 0, 0], 8)
    const bomb = Buffer.concat([
      Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(60_001 * 100))),
      chunk('IEND', Buffer.alloc(0)),
    ])
    expect(bomb.length).toBeLessThan(10_000)
    await expect(loadImage(await write('bomb.png', bomb), { modality: 'rgb' })).rejects.toThrow(
      /bomb\.png: cannot be read as an image \(Input image exceeds pixel limit/,
    )
  })

  it('are refused where they are empty or cut off', async () => {
    const empty = await write('empty.jpg', Buffer.alloc(0))
    await expect(loadImage(empty, { modality: 'rgb' })).rejects.toThrow(/empty\.jpg: cannot be read/)
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251))
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer()
    const cut = await write('cut.jpg', whole.subarray(0, whole.length / 2))
    await expect(loadImage(cut, { modality: 'rgb' })).rejects.toThrow(/cut\.jpg: cannot be read/)
  })
})
