import type { CocoCategory, CocoDetection, CocoImage, CocoTruth, CocoTruthSet } from './coco-set'
import { CocoError, type FieldReader, fieldReader, parseJson } from './json-fields'
import { readMask } from './read-mask'
import { maskArea, maskBox } from './run-lengths'

/** What overlaps are measured on. */
export type OverlapKind = 'box' | 'mask'

/**
 * Ground truth in COCO's format.
 * @param text JSON with `images`, `categories`, `annotations`.
 * @param file Named in errors.
 * @throws CocoError naming the file and the entry: missing keys, wrong types, unknown or repeated ids.
 */
export function readCocoTruth(text: string, file: string, kind: OverlapKind = 'box'): CocoTruthSet {
  const read = fieldReader(file)
  const root = read.record(parseJson(text, file), 'the content')
  const images = read.list(root.images, 'images').map((item, i) => readImage(item, `images[${i}]`, read))
  const categories = read
    .list(root.categories, 'categories')
    .map((item, i) => readCategory(item, `categories[${i}]`, read))
  const imagesById = byId(images, 'images', file)
  const categoriesById = byId(categories, 'categories', file)
  const truths = read.list(root.annotations, 'annotations').map((item, i): CocoTruth => {
    const where = `annotations[${i}]`
    const fields = read.record(item, where)
    const image = imagesById.get(read.id(fields.image_id, `${where}.image_id`))
    if (!image) return read.fail(`${where}.image_id`, fields.image_id, 'the id of one of the images')
    const category = read.id(fields.category_id, `${where}.category_id`)
    if (!categoriesById.has(category))
      read.fail(`${where}.category_id`, category, 'the id of one of the categories')
    const area = read.number(fields.area, `${where}.area`)
    return {
      id: read.id(fields.id, `${where}.id`),
      image: image.id,
      category,
      box: read.box(fields.bbox, `${where}.bbox`),
      area,
      crowd: read.flag(fields.iscrowd, `${where}.iscrowd`),
      mask: kind === 'mask' ? readMask(fields.segmentation, `${where}.segmentation`, image, read) : undefined,
    }
  })
  byId(truths, 'annotations', file)
  return { images, categories, truths }
}

/**
 * Detections in COCO's result format: a list of `image_id`, `category_id`, `score` with `bbox`, `segmentation` or both.
 * As in the reference the first entry decides: where it has a box, every detection's area is its box's, masks or not.
 * @throws CocoError naming the file and the entry: missing keys, wrong types, ids that the ground truth lacks.
 */
export function readCocoDetections(
  text: string,
  file: string,
  { images, categories }: Pick<CocoTruthSet, 'images' | 'categories'>,
  kind: OverlapKind = 'box',
): CocoDetection[] {
  const read = fieldReader(file)
  const imagesById = new Map(images.map((image) => [image.id, image]))
  const categoryIds = new Set(categories.map(({ id }) => id))
  const items = read.list(parseJson(text, file), 'the content')
  const first = items[0] as { readonly bbox?: unknown } | null | undefined
  const boxed = Array.isArray(first?.bbox) && first.bbox.length > 0
  return items.map((item, i): CocoDetection => {
    const where = `[${i}]`
    const fields = read.record(item, where)
    const image = imagesById.get(read.id(fields.image_id, `${where}.image_id`))
    if (!image)
      return read.fail(`${where}.image_id`, fields.image_id, 'the id of an image of the ground truth')
    const category = read.id(fields.category_id, `${where}.category_id`)
    if (!categoryIds.has(category))
      read.fail(`${where}.category_id`, category, 'the id of a category of the ground truth')
    const score = read.number(fields.score, `${where}.score`)
    const needsMask = kind === 'mask' || !boxed
    if (needsMask && fields.segmentation === undefined)
      read.fail(`${where}.${kind === 'mask' ? 'segmentation' : 'bbox'}`, undefined, 'the detection’s place')
    const mask = needsMask ? readMask(fields.segmentation, `${where}.segmentation`, image, read) : undefined
    const box = boxed ? read.box(fields.bbox, `${where}.bbox`) : maskBox(mask!)
    return { image: image.id, category, score, box, area: boxed ? box[2] * box[3] : maskArea(mask!), mask }
  })
}

function readImage(item: unknown, where: string, read: FieldReader): CocoImage {
  const { id, file_name, width, height } = read.record(item, where)
  return {
    id: read.id(id, `${where}.id`),
    file: file_name === undefined ? '' : read.text(file_name, `${where}.file_name`),
    width: width === undefined ? undefined : read.side(width, `${where}.width`),
    height: height === undefined ? undefined : read.side(height, `${where}.height`),
  }
}

function readCategory(item: unknown, where: string, read: FieldReader): CocoCategory {
  const { id, name } = read.record(item, where)
  return { id: read.id(id, `${where}.id`), name: read.text(name, `${where}.name`) }
}

function byId<T extends { readonly id: number }>(
  items: readonly T[],
  what: string,
  file: string,
): Map<number, T> {
  const map = new Map<number, T>()
  for (const [i, item] of items.entries()) {
    if (map.has(item.id)) throw new CocoError(`${file}: ${what}[${i}].id ${item.id} stands twice`)
    map.set(item.id, item)
  }
  return map
}
