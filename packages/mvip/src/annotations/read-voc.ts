import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { readText } from '../read-text'
import {
  type AnnotationProblem,
  type Annotations,
  type ImageSize,
  type NotedImage,
  type ObjectAnnotation,
  usableBox,
} from './annotation'
import { kaistClass, kaistClasses } from './kaist-classes'
import { lineFinder } from './line-finder'

// Entities stay as they are: a hostile file must not expand into gigabytes. Values stay text until they are checked.
const parser = new XMLParser({
  captureMetaData: true,
  processEntities: false,
  parseTagValue: false,
  ignoreAttributes: true,
  isArray: (name) => name === 'object',
})
const metaData = XMLParser.getMetaDataSymbol() as symbol

type Element = Readonly<Record<string | symbol, unknown>>

/** What a set's files need beyond the standard. */
export interface VocOptions {
  /** Right names for others that the files have, e.g. `{ 'feright car': 'freight car' }`. */
  readonly rename?: Readonly<Record<string, string>>
}

/** An object as it stands in a file, its class still a name. */
interface NamedObject extends Pick<ObjectAnnotation, 'box' | 'area' | 'segmentation'> {
  /** Written as KAIST's, whose labels are more than classes. */
  readonly isKaist: boolean
  readonly name: string
  readonly line: number
  readonly difficult: boolean
}

/**
 * Pascal VOC's XML, one file for each image. Coordinates are taken as they stand: `xmin`, `ymin` is the left upper
 * corner, `xmax`, `ymax` the right lower one. An oriented object (`<polygon>` of four corners, as DroneVehicle's) has the
 * box around its corners, and the corners as its segmentation. KAIST's boxes are `x`, `y`, `w`, `h`, and of its labels those
 * do not count that do not in its text (`readKaist`).
 * @param known Class names; without them those that occur, in the alphabet's order, and KAIST's where its files do.
 */
export function readVoc(
  images: readonly NotedImage[],
  known?: readonly string[],
  options: VocOptions = {},
): Annotations {
  const problems: AnnotationProblem[] = []
  const named = images.map((image) => {
    const { file = '' } = image
    if (file === '') return { image, file, objects: [] }
    const report = (line: number, problem: string) => void problems.push({ file, line, problem })
    return { image, file, objects: readFile(file, image, report, options) }
  })
  const classes = known ?? occurring(named.flatMap(({ objects }) => objects))
  const objects = new Map<string, ObjectAnnotation[]>()
  for (const { image, file, objects: items } of named) {
    const found: ObjectAnnotation[] = []
    for (const { name, line, difficult, isKaist, ...object } of items) {
      const kind = isKaist ? kaistClass(name, classes) : { class: classes.indexOf(name), crowd: false }
      if (!kind || kind.class < 0)
        problems.push({ file, line, problem: `class '${name}' is unknown; there are ${classes.join(', ')}` })
      else found.push({ class: kind.class, crowd: difficult || kind.crowd, ...object })
    }
    objects.set(image.stem, found)
  }
  return { classes, objects, problems }
}

function occurring(objects: readonly NamedObject[]): readonly string[] {
  const names = new Set(objects.flatMap(({ isKaist, name }) => (isKaist ? [] : name)))
  const others = [...names].filter((name) => !kaistClasses.some((known) => known === name)).sort()
  return objects.some(({ isKaist }) => isKaist) ? [...kaistClasses, ...others] : [...names].sort()
}

function readFile(
  file: string,
  image: ImageSize,
  report: (line: number, problem: string) => void,
  { rename = {} }: VocOptions,
): NamedObject[] {
  const read = readText(file)
  if ('problem' in read) {
    report(0, read.problem)
    return []
  }
  const { text } = read
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    report(valid.err.line, valid.err.msg)
    return []
  }
  let root: Element
  try {
    root = parser.parse(text)
  } catch (error) {
    report(0, (error as Error).message) // tags within tags without end
    return []
  }
  const lineAt = lineFinder(text)
  const annotation = element(root.annotation)
  if (!annotation) {
    report(1, 'there is no element <annotation>')
    return []
  }
  const size = element(annotation.size)
  const [width, height] = [Number(size?.width), Number(size?.height)]
  // Some tools write a size of 0; any other that differs is about another image.
  if (size && width > 0 && height > 0 && (width !== image.width || height !== image.height))
    report(
      lineAt(placeOf(size)),
      `size ${width} × ${height} is not the image's ${image.width} × ${image.height}`,
    )
  const listed = annotation.object
  return (Array.isArray(listed) ? listed : []).flatMap((item): NamedObject[] => {
    const object = element(item)
    const line = lineAt(placeOf(object))
    const polygon = element(object?.polygon)
    const corners = polygon && cornersOf(polygon)
    const bounds = element(object?.bndbox)
    const isKaist = !corners && isKaistBox(bounds)
    const box = usableBox(corners ? hullOf(corners) : boxOf(bounds), image)
    if (typeof object?.name !== 'string' || object.name === '') report(line, 'an object has no <name>')
    else if (typeof box === 'string') report(line, box)
    else {
      const name = Object.hasOwn(rename, object.name) ? rename[object.name]! : object.name
      const area = box[2] * box[3]
      const shape = corners
        ? { area: Math.min(polygonArea(corners), area), segmentation: [corners] }
        : { area }
      return [{ name, isKaist, line, box, difficult: object.difficult === '1', ...shape }]
    }
    return []
  })
}

/** The text of elements as numbers; NaN where one is missing or empty. */
const numbersIn = (item: Element | undefined, names: readonly string[]): number[] =>
  names.map((name) => {
    const text = item?.[name]
    return typeof text === 'string' && text !== '' ? Number(text) : Number.NaN
  })

const isKaistBox = (item: Element | undefined): boolean =>
  item !== undefined && sideNames.every((name) => name in item)

function boxOf(item: Element | undefined): number[] {
  if (isKaistBox(item)) return numbersIn(item, sideNames)
  const [left, top, right, bottom] = numbersIn(item, ['xmin', 'ymin', 'xmax', 'ymax'])
  return [left!, top!, right! - left!, bottom! - top!]
}

/** Names of KAIST's boxes, which are no corners. */
export const sideNames = ['x', 'y', 'w', 'h'] as const

/** Names of four corners. */
export const cornerNames = ['x1', 'y1', 'x2', 'y2', 'x3', 'y3', 'x4', 'y4'] as const

/** `[x1, y1, …, y4]` */
const cornersOf = (polygon: Element): number[] => numbersIn(polygon, cornerNames)

/** The smallest upright box around corners, `[x, y, width, height]`. */
export function hullOf(corners: readonly number[]): [number, number, number, number] {
  const [x, y] = [0, 1].map((odd) => corners.filter((_, i) => i % 2 === odd))
  const [left, top] = [Math.min(...x!), Math.min(...y!)]
  return [left, top, Math.max(...x!) - left, Math.max(...y!) - top]
}

/** Shoelace formula. */
function polygonArea(corners: readonly number[]): number {
  let twice = 0
  for (let i = 0; i < corners.length; i += 2) {
    const [x, y] = [corners[i]!, corners[i + 1]!]
    const [nextX, nextY] = [corners[(i + 2) % corners.length]!, corners[(i + 3) % corners.length]!]
    twice += x * nextY - nextX * y
  }
  return Math.abs(twice) / 2
}

const element = (value: unknown): Element | undefined =>
  typeof value === 'object' && value !== null ? (value as Element) : undefined

/** Where an element begins in its text. */
const placeOf = (item: Element | undefined): number =>
  (item?.[metaData] as { readonly startIndex?: number } | undefined)?.startIndex ?? 0
