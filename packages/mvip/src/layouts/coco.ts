import { below, type Folder } from './folder'
import type { Layout, Split } from './layout'
import { filesByStem } from './match'

const splitOf = (name: string): Split | undefined =>
  /train/i.test(name) ? 'train' : /val/i.test(name) ? 'val' : /test/i.test(name) ? 'test' : undefined

/** Image folders with the JSON that describes each. */
function* parts(folder: Folder): Generator<{ images: string; json: string }> {
  for (const images of folder.folders()) {
    const inside = below(images, '_annotations.coco.json')
    if (folder.has(inside)) yield { images, json: inside }
  }
  for (const file of folder.files('annotations', new Set(['.json']))) {
    const name = /^instances_(.+)\.json$/.exec(file)?.[1]
    const images = name && [name, below('images', name)].find((path) => folder.has(path))
    if (images) yield { images, json: below('annotations', file) }
  }
}

/** COCO: `annotations/instances_NAME.json` + `NAME/` or `images/NAME/`, or a JSON inside each folder. Visible only. */
export const coco: Layout = {
  name: 'coco',
  looksFor: 'annotations/instances_NAME.json + NAME/, or NAME/_annotations.coco.json',
  recognises: (folder) => !parts(folder).next().done,
  *list(folder) {
    for (const { images, json } of parts(folder)) {
      const split = splitOf(images)
      for (const [stem, path] of filesByStem(folder, images)) {
        const annotations = [{ kind: 'coco', path: json }] as const
        yield { stem: below(images, stem), vi: { path }, ...(split && { split }), annotations }
      }
    }
  },
}
