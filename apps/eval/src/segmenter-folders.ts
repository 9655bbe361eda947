import { runName } from './segmentation'

/** A folder for each segmenter's predictions: named as tables call its run, each another and a plain name on any disk. */
export function segmenterFolders(checkpoints: readonly string[]): ReadonlyMap<string, string> {
  const folders = new Map<string, string>()
  const taken = new Set<string>()
  for (const checkpoint of new Set(checkpoints)) {
    const name =
      runName(checkpoint)
        .replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')
        .replace(/^\.+/, '') || 'segmenter'
    let folder = name
    // Names that differ in case alone are one on some disks.
    for (let i = 2; taken.has(folder.toLowerCase()); i++) folder = `${name}-${i}`
    taken.add(folder.toLowerCase())
    folders.set(checkpoint, folder)
  }
  return folders
}
