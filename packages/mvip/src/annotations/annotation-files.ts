import { extname, join } from 'node:path'
import { readFolder } from '../layouts/read-folder'
import { fileStem } from '../stems'

/** Finds the annotation of an image in a folder of one file an image. @returns the path that it has, or should have */
export function annotationFiles(folder: string, extension: '.txt' | '.xml'): (stem: string) => string {
  const names = readFolder(folder)
  const byStem = new Map(
    names
      .filter((name) => extname(name).toLowerCase() === extension)
      .map((name) => [fileStem(name), name] as const),
  )
  return (stem) => join(folder, byStem.get(stem) ?? `${stem}${extension}`)
}
