import sharp from 'sharp'
import type { Size } from '../sources/annotated-set'
import type { AnnotationProblem } from './annotation'

/** Size of images as shown, which is to be one, or what is wrong with the first that is not so. */
export async function measuredSize(files: readonly string[]): Promise<Size | AnnotationProblem> {
  let first: Size | undefined
  for (const file of files) {
    try {
      const { width, height, orientation = 1 } = await sharp(file).metadata()
      const size = orientation >= 5 ? { width: height, height: width } : { width, height }
      first ??= size
      if (first.width !== size.width || first.height !== size.height)
        return { file, line: 0, problem: otherSize(size, first) }
    } catch (error) {
      return { file, line: 0, problem: `cannot be read as an image (${(error as Error).message})` }
    }
  }
  return first!
}

/** What is said of an image that is not of its partner's size. */
export const otherSize = (size: Size, partner: Size): string =>
  `${size.width} × ${size.height} is not its partner's ${partner.width} × ${partner.height}`
