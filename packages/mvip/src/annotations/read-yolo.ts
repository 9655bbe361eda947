import {
  type Annotations,
  type ImageSize,
  type NotedImage,
  type ObjectAnnotation,
  usableBox,
} from './annotation'
import { readLines } from './read-lines'

/**
 * YOLO text files, one for each image: a line `class cx cy width height` for each object, in shares of the
 * image's sides. An image without file has no objects.
 * @param classes Class names; without them any number is taken.
 */
export const readYolo = (images: readonly NotedImage[], classes?: readonly string[]): Annotations =>
  readLines(images, classes ?? [], (_, image) => (line) => readLine(line, image, classes))

function readLine(
  line: string,
  image: ImageSize,
  classes: readonly string[] | undefined,
): ObjectAnnotation | string {
  const words = line.split(/\s+/)
  const numbers = words.map(Number)
  if (words.length !== 5)
    return `'${line.slice(0, 60)}' has ${words.length} values, wanted class cx cy width height`
  const [kind, cx, cy, w, h] = numbers as [number, number, number, number, number]
  if (!Number.isInteger(kind) || kind < 0) return `class ${words[0]} is no number from 0 on`
  if (classes && kind >= classes.length)
    return `class ${words[0]} is unknown; there are 0 to ${classes.length - 1}`
  const { width, height } = image
  const box = usableBox([(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height], image)
  return typeof box === 'string' ? box : { class: kind, box, crowd: false, area: box[2] * box[3] }
}
