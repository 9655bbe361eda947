import {
  type Annotations,
  type ImageSize,
  type NotedImage,
  type ObjectAnnotation,
  usableBox,
} from './annotation'
import { kaistClass, kaistClasses } from './kaist-classes'
import { type LineReader, readLines } from './read-lines'

/** Values a line by version of the format, angle and ignore flag at its end (Piotr Dollár's toolbox, `bbGt>bbLoad`). */
const lineValues: Readonly<Record<string, number>> = { 0: 10, 1: 10, 2: 11, 3: 12 }

const wanted = 'label x y width height occluded x y width height ignore angle'

/**
 * KAIST's text files (bbGt), one for each image: a line `% bbGt version=3`, then a line `label x y width height occluded
 * x y width height ignore angle` for each object, in pixels as they stand; the second box is what of it is to be seen, and
 * is not used. `person?` and what is marked to be ignored do not count; of classes that are not asked for, `people` and
 * `cyclist` do not count as persons, as in KAIST's evaluation.
 * @param classes Class names. Default: all of `kaistClasses`.
 */
export const readKaist = (
  images: readonly NotedImage[],
  classes: readonly string[] = kaistClasses,
): Annotations => readLines(images, classes, (first, image) => lineReader(first, image, classes))

function lineReader(first: string, image: ImageSize, classes: readonly string[]): LineReader | string {
  // A file without this line is of the first version.
  const version = /^%\s*bbGt\s+version=(\S*)/.exec(first)?.[1] ?? '0'
  const count = Object.hasOwn(lineValues, version) ? lineValues[version]! : undefined
  if (count === undefined) return `bbGt version ${version.slice(0, 20)} is unknown; there are 0 to 3`
  return (line) => (line.startsWith('%') ? undefined : readLine(line, count, image, classes))
}

function readLine(
  line: string,
  count: number,
  image: ImageSize,
  classes: readonly string[],
): ObjectAnnotation | string {
  const words = line.split(/\s+/)
  const [label = '', ...values] = words
  const shown = `'${line.slice(0, 60)}'`
  if (words.length !== count)
    return `${shown} has ${words.length} values, wanted ${wanted.split(' ').slice(0, count).join(' ')}`
  const numbers = values.map(Number)
  if (!numbers.every(Number.isFinite)) return `${shown} is not a label and ${count - 1} finite numbers`
  const [occluded, ignore = 0, angle = 0] = [numbers[4]!, numbers[9], numbers[10]]
  if (![0, 1, 2].includes(occluded)) return `occluded ${occluded} is not 0 (no), 1 (partly) or 2 (heavily)`
  if (ignore !== 0 && ignore !== 1) return `ignore ${ignore} is not 0 or 1`
  if (angle !== 0) return `angle ${angle}: boxes that are turned are not read`
  const box = usableBox(numbers.slice(0, 4), image)
  if (typeof box === 'string') return box
  const found = kaistClass(label, classes)
  if (!found) return `class '${label.slice(0, 40)}' is unknown; there are ${classes.join(', ')}`
  return { class: found.class, box, crowd: found.crowd || ignore === 1, area: box[2] * box[3] }
}
