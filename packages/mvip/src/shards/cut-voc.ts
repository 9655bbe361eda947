import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser'
import { cutBox, movedCorners } from '../annotations/cut-object'
import { cornerNames, hullOf, sideNames } from '../annotations/read-voc'
import type { LabelRef } from '../label-image'

/** An element as the parser gives it where order is kept: one key, its name, with its content; or a text. */
type Node = { [tag: string]: Node[] } | { '#text': string }

// Entities and numbers stay text: what is not moved is written as it was read.
const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  processEntities: false,
  suppressEmptyNode: false,
}
const parser = new XMLParser({ ...options, parseTagValue: false, trimValues: false })
const builder = new XMLBuilder({ ...options, format: false })

const boxNames = ['xmin', 'ymin', 'xmax', 'ymax'] as const

/**
 * Pascal VOC's XML in the pixels of its image's crop. Objects outside are left out, boxes cut at the edge; corners of
 * oriented objects are moved and beside them stands the cut box around them, as `readDetectionSet` has both.
 * @throws Error naming the file and the object without a box.
 */
export function cutVoc(text: string, { file, crop }: LabelRef): string {
  const valid = XMLValidator.validate(text)
  if (valid !== true) throw new Error(`${file}:${valid.err.line}: ${valid.err.msg}`)
  const document = parser.parse(text) as Node[]
  const annotation = inside(document, 'annotation')
  if (!annotation) throw new Error(`${file}: there is no element <annotation>`)
  const size = inside(annotation, 'size')
  if (size) write(size, ['width', 'height'], [crop.width, crop.height])
  let number = 0
  const kept = annotation.filter((node) => {
    if (!('object' in node)) return true
    number++
    const object = node.object as Node[]
    const polygon = inside(object, 'polygon')
    const corners = polygon && numbersIn(polygon, cornerNames)
    const bounds = inside(object, 'bndbox') ?? []
    const isKaist = sideNames.every((name) => inside(bounds, name))
    const [left, top, right, bottom] = numbersIn(bounds, boxNames) as Box
    const upright = isKaist
      ? (numbersIn(bounds, sideNames) as Box)
      : ([left, top, right - left, bottom - top] as Box)
    const whole: Box = corners ? hullOf(corners) : upright
    if (!whole.every(Number.isFinite))
      throw new Error(
        `${file}: object ${number} has no box of four numbers, and cannot be cut with its image`,
      )
    const box = cutBox(whole, crop)
    if (!box) return false
    if (!inside(object, 'bndbox')) object.push({ bndbox: boxNames.map((name) => ({ [name]: [] })) })
    if (isKaist) write(bounds, sideNames, box)
    else write(inside(object, 'bndbox')!, boxNames, [box[0], box[1], box[0] + box[2], box[1] + box[3]])
    if (polygon && corners) write(polygon, cornerNames, movedCorners(corners, crop))
    return true
  })
  annotation.splice(0, annotation.length, ...kept)
  return `${(builder.build(document) as string).trimEnd()}\n`
}

type Box = [number, number, number, number]

/** The content of the first element of a name. */
function inside(nodes: readonly Node[], tag: string): Node[] | undefined {
  const found = nodes.find((node) => tag in node) as { readonly [tag: string]: Node[] } | undefined
  return found?.[tag]
}

const numbersIn = (nodes: readonly Node[], tags: readonly string[]): number[] =>
  tags.map((tag) => {
    const text = inside(nodes, tag)?.map((node) => ('#text' in node ? String(node['#text']) : ''))
    const said = text?.join('').trim() ?? ''
    return said === '' ? Number.NaN : Number(said)
  })

/** Puts numbers into elements that are there. */
function write(nodes: readonly Node[], tags: readonly string[], values: readonly number[]): void {
  for (const [i, tag] of tags.entries()) {
    const content = inside(nodes, tag)
    content?.splice(0, content.length, { '#text': `${values[i]}` })
  }
}
