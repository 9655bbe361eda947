import { access, constants, stat } from 'node:fs/promises'

/** What can be wrong with a file of a dataset; `wrong-content`: an annotation says what cannot be so. */
export type Fault =
  | 'missing'
  | 'empty'
  | 'swapped'
  | 'unreadable'
  | 'wrong-size'
  | 'changed'
  | 'wrong-content'

export interface Finding {
  /** The pair; of an annotation file of many pairs the first that names it. */
  readonly id: string
  /** The image, or the one whose pixels an annotation speaks about; null: both images'. */
  readonly modality: 'vi' | 'ir' | null
  /** Kind of the annotation; absent: it is the image itself. */
  readonly annotation?: string
  readonly file: string
  /** From 1; absent: the whole file is meant. */
  readonly line?: number
  readonly fault: Fault
  readonly detail: string
}

/** Size of a file that can be opened without waiting for anybody, or what stands in its place. */
export async function presence(
  file: string,
): Promise<{ readonly bytes: number } | Pick<Finding, 'fault' | 'detail'>> {
  try {
    const stats = await stat(file)
    // A pipe would be waited for, a device read for ever.
    if (!stats.isFile()) return { fault: 'unreadable', detail: 'is no file' }
    await access(file, constants.R_OK)
    return { bytes: stats.size }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT'
      ? { fault: 'missing', detail: 'the file is not there' }
      : { fault: 'unreadable', detail: `cannot be read (${code})` }
  }
}
