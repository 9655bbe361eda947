import { readText } from '../read-text'
import {
  type AnnotationProblem,
  type Annotations,
  type ImageSize,
  type NotedImage,
  type ObjectAnnotation,
  usableBox,
} from './annotation'

/**
 * YOLO text files, one for each image: a line `class cx cy width height` for each object, in shares of the
 * image's sides. An image without file has no objects.
 * @param classes Class names; without them any number is taken.
 */
export function readYolo(images: readonly NotedImage[], classes?: readonly string[]): Annotations {
  const objects = new Map<string, ObjectAnnotation[]>()
  const problems: AnnotationProblem[] = []
  for (const image of images) {
    const { file } = image
    const found: ObjectAnnotation[] = []
    objects.set(image.stem, found)
    if (file === undefined) continue
    const read = readText(file)
    if ('problem' in read) {
      problems.push({ file, line: 0, problem: read.problem })
      continue
    }
    for (const [i, line] of read.text.split(/\r?\n/).entries()) {
      if (line.trim() === '') continue
      const object = readLine(line, image, classes)
      if (typeof object === 'string') problems.push({ file, line: i + 1, problem: object })
      else found.push(object)
    }
  }
  return { classes: classes ?? [], objects, problems }
}

function readLine(
  line: string,
  image: ImageSize,
  classes: readonly string[] | undefined,
): ObjectAnnotation | string {
  const words = line.trim().split(/\s+/)
  const numbers = words.map(Number)
  if (words.length !== 5)
    return `'${line.trim().slice(0, 60)}' has ${words.length} values, wanted class cx cy width height`
  const [kind, cx, cy, w, h] = numbers as [number, number, number, number, number]
  if (!Number.isInteger(kind) || kind < 0) return `class ${words[0]} is no number from 0 on`
  if (classes && kind >= classes.length)
    return `class ${words[0]} is unknown; there are 0 to ${classes.length - 1}`
  const { width, height } = image
  const box = usableBox([(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height], image)
  return typeof box === 'string' ? box : { class: kind, box, crowd: false, area: box[2] * box[3] }
}
