import { textOf } from '../read-text'
import { fileStem } from '../stems'
import {
  type AnnotationProblem,
  type Annotations,
  type ImageSize,
  type ObjectAnnotation,
  usableBox,
} from './annotation'
import { jsonEntryLines } from './json-entry-lines'

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * COCO's JSON: `images`, `categories`, `annotations`. Images are found by the stem of their `file_name`.
 * @param known Class names to keep; without them the file's categories, by id.
 * @throws Error where the file cannot be read or is no such JSON; single entries are reported as problems.
 */
export function readCocoJson(
  file: string,
  images: readonly ImageSize[],
  known?: readonly string[],
): Annotations {
  const text = textOf(file)
  const root = parse(text, file)
  const problems: AnnotationProblem[] = []
  const list = (key: string): readonly unknown[] => {
    const value = root[key]
    if (!Array.isArray(value)) throw new Error(`${file}: '${key}' is no list`)
    return value
  }
  const lines = new Map<string, readonly number[]>()
  const report = (key: string, index: number, problem: string) => {
    // Once a list, however many entries are wrong.
    const known = lines.get(key) ?? jsonEntryLines(text, key)
    lines.set(key, known)
    problems.push({ file, line: known[index] ?? 0, problem: `${key}[${index}]: ${problem}` })
  }
  const sizes = new Map(images.map((image) => [image.stem, image]))
  const stems = readImages(list('images'), sizes, report)
  const names = readCategories(list('categories'), report)
  const classes = known ?? [...names].sort(([a], [b]) => a - b).map(([, name]) => name)
  const objects = new Map<string, ObjectAnnotation[]>(images.map(({ stem }) => [stem, []]))
  for (const [i, item] of list('annotations').entries()) {
    const fields = isRecord(item) ? item : {}
    const stem = stems.get(fields.image_id as number)
    if (stem === undefined) {
      report('annotations', i, `image_id ${shown(fields.image_id)} is none of the images`)
      continue
    }
    const size = sizes.get(stem)
    if (!size) continue // an image that is not asked for
    const object = readObject(fields, size, names, classes)
    if (typeof object === 'string') report('annotations', i, object)
    else objects.get(stem)!.push(object)
  }
  return { classes, objects, problems }
}

function parse(text: string, file: string): Fields {
  try {
    const root: unknown = JSON.parse(text)
    if (isRecord(root)) return root
  } catch (error) {
    throw new Error(`${file}: not valid JSON (${(error as Error).message})`)
  }
  throw new Error(`${file}: an object with images, categories and annotations is wanted`)
}

type Report = (key: string, index: number, problem: string) => void

/** Stems by image id. */
function readImages(items: readonly unknown[], sizes: ReadonlyMap<string, ImageSize>, report: Report) {
  const stems = new Map<number, string>()
  for (const [i, item] of items.entries()) {
    const { id, file_name: name, width, height } = isRecord(item) ? item : ({} as Fields)
    if (!Number.isInteger(id) || typeof name !== 'string') {
      report('images', i, 'a whole number as id and a file_name are wanted')
      continue
    }
    const stem = fileStem(name)
    const size = sizes.get(stem)
    if (size && width !== undefined && (width !== size.width || height !== size.height))
      report(
        'images',
        i,
        `${shown(width)} × ${shown(height)} is not the image's ${size.width} × ${size.height}`,
      )
    if (stems.has(id as number)) report('images', i, `id ${id} stands twice`)
    stems.set(id as number, stem)
  }
  return stems
}

function readCategories(items: readonly unknown[], report: Report): Map<number, string> {
  const names = new Map<number, string>()
  for (const [i, item] of items.entries()) {
    const { id, name } = isRecord(item) ? item : ({} as Fields)
    if (Number.isInteger(id) && typeof name === 'string') names.set(id as number, name)
    else report('categories', i, 'a whole number as id and a name are wanted')
  }
  return names
}

function readObject(
  { category_id: category, bbox, iscrowd, area, segmentation }: Fields,
  size: ImageSize,
  names: ReadonlyMap<number, string>,
  classes: readonly string[],
): ObjectAnnotation | string {
  const name = names.get(category as number)
  if (name === undefined) return `category_id ${shown(category)} is none of the categories`
  const kind = classes.indexOf(name)
  if (kind < 0) return `class '${name}' is unknown; there are ${classes.join(', ')}`
  const box = Array.isArray(bbox) ? usableBox(bbox, size) : `bbox ${shown(bbox)} is no list`
  if (typeof box === 'string') return box
  return {
    class: kind,
    box,
    crowd: iscrowd === 1 || iscrowd === true,
    area: typeof area === 'number' && area > 0 ? area : box[2] * box[3],
    ...(segmentation === undefined ? {} : { segmentation }),
  }
}

const shown = (value: unknown): string =>
  value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40)
