import { readText } from '../read-text'
import type { AnnotationProblem, Annotations, ImageSize, NotedImage, ObjectAnnotation } from './annotation'

/** The object of a line, what is wrong with it, or undefined: the line is about none. Lines come without spaces around. */
export type LineReader = (line: string) => ObjectAnnotation | string | undefined

/**
 * Text files with a line for each object, one for each image; an image without file has no objects. Blank lines are
 * passed over.
 * @param readerOf Given the first line of an image's file; text: what is wrong with the whole file.
 */
export function readLines(
  images: readonly NotedImage[],
  classes: readonly string[],
  readerOf: (first: string, image: ImageSize) => LineReader | string,
): Annotations {
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
    const lines = read.text.split(/\r?\n/).map((line) => line.trim())
    const reader = readerOf(lines[0]!, image)
    if (typeof reader === 'string') {
      problems.push({ file, line: 1, problem: reader })
      continue
    }
    for (const [i, line] of lines.entries()) {
      const object = line === '' ? undefined : reader(line)
      if (typeof object === 'string') problems.push({ file, line: i + 1, problem: object })
      else if (object) found.push(object)
    }
  }
  return { classes, objects, problems }
}
