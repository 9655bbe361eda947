import type { FieldReader } from './json-fields'
import { polygonMask } from './polygon-mask'
import { decodeCounts, type RunLengths, union } from './run-lengths'

/** Images of more pixels are refused: a hostile file must not make us allocate what it claims. */
const pixelLimit = 2 ** 28

/**
 * COCO's `segmentation`: polygons, or run lengths as numbers or as compressed text.
 * @param size The image's, for polygons; run lengths bring theirs, which must be the same where the image's is known.
 */
export function readMask(
  value: unknown,
  where: string,
  size: { readonly width?: number; readonly height?: number },
  read: FieldReader,
): RunLengths {
  if (Array.isArray(value)) return readPolygons(value, where, size, read)
  const { size: own, counts } = read.record(value, where)
  const sides = read.list(own, `${where}.size`)
  const height = read.side(sides[0], `${where}.size[0]`)
  const width = read.side(sides[1], `${where}.size[1]`)
  if ((size.height ?? height) !== height || (size.width ?? width) !== width || sides.length !== 2)
    read.fail(`${where}.size`, own, `the image's [${size.height}, ${size.width}]`)
  const runs =
    typeof counts === 'string' ? decoded(counts, where, read) : read.list(counts, `${where}.counts`)
  let total = 0
  for (const run of runs) {
    if (!Number.isSafeInteger(run) || (run as number) < 0)
      read.fail(`${where}.counts`, run, 'whole numbers of at least 0')
    total += run as number
  }
  if (total !== height * width)
    read.fail(`${where}.counts`, total, `runs of ${height * width} pixels together`)
  return { height, width, counts: runs as readonly number[] }
}

function decoded(text: string, where: string, read: FieldReader): number[] {
  try {
    return decodeCounts(text)
  } catch (error) {
    return read.fail(`${where}.counts`, text, `run lengths (${(error as Error).message})`)
  }
}

function readPolygons(
  value: readonly unknown[],
  where: string,
  { width, height }: { readonly width?: number; readonly height?: number },
  read: FieldReader,
): RunLengths {
  if (width === undefined || height === undefined || width * height > pixelLimit)
    return read.fail(where, value, 'run lengths: the image has no usable width and height for polygons')
  const masks = value.map((polygon, i) => {
    const points = read.list(polygon, `${where}[${i}]`)
    if (
      points.length < 6 ||
      points.length % 2 ||
      !points.every((point) => Math.abs(point as number) < 2 ** 24)
    )
      read.fail(`${where}[${i}]`, polygon, 'pairs of finite numbers for at least three points')
    return polygonMask(points as readonly number[], height, width)
  })
  if (masks.length === 0) read.fail(where, value, 'at least one polygon')
  return masks.reduce(union)
}
