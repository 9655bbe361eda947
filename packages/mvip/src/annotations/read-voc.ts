import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import {
  type AnnotationProblem,
  type Annotations,
  type ImageSize,
  type ObjectAnnotation,
  usableBox,
} from './annotation'

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

/** An object as it stands in a file, its class still a name. */
interface NamedObject {
  readonly name: string
  readonly line: number
  readonly box: ObjectAnnotation['box']
  readonly difficult: boolean
}

/**
 * Pascal VOC's XML, `STEM.xml` for each image. Coordinates are taken as they stand: `xmin`, `ymin` is the left upper
 * corner, `xmax`, `ymax` the right lower one.
 * @param known Class names; without them those that occur, in the alphabet's order.
 */
export function readVoc(
  folder: string,
  images: readonly ImageSize[],
  known?: readonly string[],
): Annotations {
  const problems: AnnotationProblem[] = []
  const named = images.map((image) => {
    const file = join(folder, `${image.stem}.xml`)
    const report = (line: number, problem: string) => void problems.push({ file, line, problem })
    return { image, file, objects: readFile(file, image, report) }
  })
  const classes =
    known ?? [...new Set(named.flatMap(({ objects }) => objects.map(({ name }) => name)))].sort()
  const objects = new Map<string, ObjectAnnotation[]>()
  for (const { image, file, objects: items } of named) {
    const found: ObjectAnnotation[] = []
    for (const { name, line, box, difficult } of items) {
      const kind = classes.indexOf(name)
      if (kind < 0)
        problems.push({ file, line, problem: `class '${name}' is unknown; there are ${classes.join(', ')}` })
      else found.push({ class: kind, box, crowd: difficult, area: box[2] * box[3] })
    }
    objects.set(image.stem, found)
  }
  return { classes, objects, problems }
}

function readFile(
  file: string,
  image: ImageSize,
  report: (line: number, problem: string) => void,
): NamedObject[] {
  if (!existsSync(file)) {
    report(0, 'there is no such file')
    return []
  }
  const text = readFileSync(file, 'utf8')
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    report(valid.err.line, valid.err.msg)
    return []
  }
  const annotation = element((parser.parse(text) as Element).annotation)
  if (!annotation) {
    report(1, 'there is no element <annotation>')
    return []
  }
  const size = element(annotation.size)
  const [width, height] = [Number(size?.width), Number(size?.height)]
  // Some tools write a size of 0; any other that differs is about another image.
  if (size && width > 0 && height > 0 && (width !== image.width || height !== image.height))
    report(
      lineOf(text, size),
      `size ${width} × ${height} is not the image's ${image.width} × ${image.height}`,
    )
  const listed = annotation.object
  return (Array.isArray(listed) ? listed : []).flatMap((item): NamedObject[] => {
    const object = element(item)
    const line = lineOf(text, object)
    const corners = element(object?.bndbox)
    const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map((name) =>
      corners && typeof corners[name] === 'string' && corners[name] !== ''
        ? Number(corners[name])
        : Number.NaN,
    ) as [number, number, number, number]
    const box = usableBox([left, top, right - left, bottom - top], image)
    if (typeof object?.name !== 'string' || object.name === '') report(line, 'an object has no <name>')
    else if (typeof box === 'string') report(line, box)
    else return [{ name: object.name, line, box, difficult: object.difficult === '1' }]
    return []
  })
}

const element = (value: unknown): Element | undefined =>
  typeof value === 'object' && value !== null ? (value as Element) : undefined

function lineOf(text: string, item: Element | undefined): number {
  const start = (item?.[metaData] as { readonly startIndex?: number } | undefined)?.startIndex ?? 0
  return text.slice(0, start).split('\n').length
}
