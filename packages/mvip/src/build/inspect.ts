import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { type Alignment, measureAlignment } from '../align/alignment'
import type { ManifestImage } from '../manifest/record'
import type { Modality } from '../normalisation'
import { isWide, openImage, type Region, readImageBytes } from '../open-image'
import type { ThermalRange } from '../thermal-range'
import { differenceHash } from './difference-hash'

/** An image to look at. */
export interface InspectImage {
  readonly file: string
  readonly channels?: 'colour' | 'alpha'
  /** Width of the white border that the source's images have. */
  readonly border?: number
  /** Of infrared stored in more than 8 bits. Default: by percentile. */
  readonly thermalRange?: ThermalRange
}

export interface InspectTask {
  readonly vi?: InspectImage
  readonly ir?: InspectImage
  /** Height of the thumbnail in pixels. */
  readonly thumbnail: number
}

/** What a manifest says of an image, less where it is. */
export type ImageFacts = Omit<ManifestImage, 'path' | 'channels'>

export interface Inspection {
  readonly vi?: ImageFacts
  readonly ir?: ImageFacts
  readonly alignment?: Alignment
  /** WebP, base64. */
  readonly thumbnail: string
}

/** A pair that cannot be used. */
export interface InspectionProblem {
  readonly file: string
  readonly problem: string
}

interface Looked {
  readonly facts: ImageFacts
  /** The crop at full size, 8-bit. */
  readonly pixels: {
    readonly data: Buffer
    readonly width: number
    readonly height: number
    readonly channels: 1 | 3
  }
}

/** Decodes one image whole: only that finds a truncated file. */
async function look({ file, border = 0, ...how }: InspectImage, modality: Modality): Promise<Looked> {
  const bytes = readImageBytes({ file })
  // Infrared is opened in colour too: an infrared file that has colours is a visible image in the wrong place.
  let opened = await openImage(bytes, 'rgb', how)
  // Of more than 8 bits it is looked at as the loader shows it: three such channels would lose all but the upper bits.
  if (modality === 'ir' && isWide(opened.depth)) opened = await openImage(bytes, 'ir', how)
  const { width, height, format, depth } = opened
  let { data, info } = await opened.pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  let crop: Region | null = null
  if (border > 0 && hasWhiteBorder(data, info, border)) {
    crop = { left: border, top: border, width: width - 2 * border, height: height - 2 * border }
    ;({ data, info } = await sharp(data, { raw: info })
      .extract(crop)
      .raw()
      .toBuffer({ resolveWithObject: true }))
  }
  const { chroma, ...shown } = intensities(data, info.channels)
  const greyed = modality === 'ir' && info.channels > 1
  if (greyed)
    ({ data, info } = await sharp(data, { raw: info })
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true }))
  const seen = { data, width: info.width, height: info.height, channels: info.channels as 1 | 3 }
  const grey = (size: { width: number; height: number }) =>
    sharp(data, { raw: info })
      .resize({ ...size, fit: 'fill' })
      .toColourspace('b-w')
      .raw()
      .toBuffer()
  const facts: ImageFacts = {
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    width,
    height,
    format,
    depth,
    crop,
    phash: differenceHash(await grey({ width: 9, height: 8 })),
    ...(greyed ? intensities(data, 1) : shown),
    chroma,
  }
  return { facts, pixels: seen }
}

/** Whether the outermost pixels are white: some copies of DroneVehicle are cut already. */
function hasWhiteBorder(
  data: Buffer,
  { width, height, channels }: { width: number; height: number; channels: number },
  border: number,
): boolean {
  if (width <= 2 * border || height <= 2 * border) return false
  const white = (x: number, y: number) => data[(y * width + x) * channels]! >= 240
  const middle = Math.floor(border / 2)
  const along = Array.from({ length: 16 }, (_, i) => (i + 0.5) / 16)
  const places = along.flatMap((share): [number, number][] => [
    [Math.floor(share * width), middle],
    [Math.floor(share * width), height - 1 - middle],
    [middle, Math.floor(share * height)],
    [width - 1 - middle, Math.floor(share * height)],
  ])
  return places.every(([x, y]) => white(x, y))
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

function intensities(
  data: Buffer,
  channels: number,
): Pick<ImageFacts, 'mean' | 'std' | 'histogram' | 'chroma'> {
  const pixels = data.length / channels
  const sums = new Float64Array(channels)
  const squares = new Float64Array(channels)
  const bins = new Float64Array(16)
  let chroma = 0
  for (let i = 0; i < data.length; i += channels) {
    let [least, most, total] = [255, 0, 0]
    for (let c = 0; c < channels; c++) {
      const value = data[i + c]!
      sums[c]! += value
      squares[c]! += value * value
      total += value
      if (value < least) least = value
      if (value > most) most = value
    }
    chroma += most - least
    bins[Math.floor(total / channels / 16)]! += 1
  }
  const mean = [...sums].map((sum) => sum / pixels)
  return {
    mean: mean.map(rounded),
    std: mean.map((m, c) => rounded(Math.sqrt(Math.max(0, squares[c]! / pixels - m * m)))),
    histogram: [...bins].map((count) => Math.round((1000 * count) / pixels)),
    chroma: rounded(chroma / pixels),
  }
}

/** Longer images are squeezed in their thumbnails: WebP ends at 16383 pixels, and two of the largest lie side by side. */
const longest = 7

async function pictured(looks: readonly Looked[], height: number): Promise<string> {
  const tiles = await Promise.all(
    looks.map(async ({ pixels: { data, ...raw } }) => {
      const width = Math.max(1, Math.round(Math.min(longest, raw.width / raw.height) * height))
      const image = sharp(data, { raw }).resize({ width, height, fit: 'fill' }).toColourspace('srgb')
      return { input: await image.raw().toBuffer(), raw: { width, height, channels: 3 as const } }
    }),
  )
  const width = tiles.reduce((sum, { raw }) => sum + raw.width, 0)
  let left = 0
  const placed = tiles.map((tile) => {
    const at = { ...tile, left, top: 0 }
    left += tile.raw.width
    return at
  })
  const sheet = sharp({ create: { width, height, channels: 3, background: '#000' } }).composite(placed)
  return (await sheet.webp({ quality: 60, effort: 0 }).toBuffer()).toString('base64')
}

/** Side of the squares that are compared: enough detail for a pixel's offset, no more than the images have. */
const comparedSide = ({ width, height }: { width: number; height: number }) =>
  Math.max(width, height) > 160 ? 256 : 128

/** Looks at a pair: hashes, sizes, intensities, alignment, thumbnail. */
export async function inspect(task: InspectTask): Promise<Inspection | InspectionProblem> {
  const looked: { vi?: Looked; ir?: Looked } = {}
  for (const [key, modality] of [
    ['vi', 'rgb'],
    ['ir', 'ir'],
  ] as const) {
    const image = task[key]
    if (!image) continue
    try {
      looked[key] = await look(image, modality)
    } catch (error) {
      return {
        file: image.file,
        problem: `cannot be read as an image (${(error as Error).message.split('\n')[0]})`,
      }
    }
  }
  const { vi, ir } = looked
  const thumbnail = await pictured(
    [vi, ir].filter((image) => image !== undefined),
    task.thumbnail,
  )
  if (!vi || !ir) return { vi: vi?.facts, ir: ir?.facts, thumbnail }
  const side = comparedSide(vi.pixels)
  const square = ({ pixels: { data, ...raw } }: Looked) =>
    sharp(data, { raw })
      .resize({ width: side, height: side, fit: 'fill' })
      .toColourspace('b-w')
      .raw()
      .toBuffer()
  const measured = measureAlignment(await square(vi), await square(ir), side, vi.pixels)
  const alignment = { dx: rounded(measured.dx), dy: rounded(measured.dy), score: rounded(measured.score) }
  return { vi: vi.facts, ir: ir.facts, alignment, thumbnail }
}
