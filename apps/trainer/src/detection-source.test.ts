import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { detectSchema } from './config/detect-schema'
import { readConfig } from './config/read-config'
import { detectionSource, heldOut } from './detection-source'

const root = mkdtempSync(join(tmpdir(), 'detection-source-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const [built, folder] = [join(root, 'built'), join(root, 'folder')]
for (const path of [built, folder]) mkdirSync(path)
// Whether a folder is a dataset, its files' names tell.
for (const name of ['dataset.json', 'manifest.jsonl']) writeFileSync(join(built, name), '')

const dataOf = (...changes: string[]) =>
  readConfig(
    detectSchema,
    undefined,
    changes.map((change) => `data.${change}`),
  ).data
const trained = (...changes: string[]) => detectionSource(dataOf(...changes), 'both', 'train')
const held = (...changes: string[]) => detectionSource(heldOut(dataOf(...changes))!, 'ir', 'val')
const folders = ['rgb=vi', 'ir=ir', 'annotations={ format: yolo, path: boxes }']

describe('where a detector’s images and boxes are', () => {
  it('is a dataset, of which train and val are taken, or a folder as a whole', () => {
    expect(trained(`path=${built}`)).toMatchObject({ path: built, split: 'train', modalities: ['rgb', 'ir'] })
    expect(held(`path=${built}`, 'val={}')).toMatchObject({ path: built, split: 'val', modalities: ['ir'] })
    expect(held(`path=${built}`, 'split=train', 'val={ split: test }')).toMatchObject({ split: 'test' })
    expect(trained(`path=${folder}`)).toMatchObject({ path: folder, split: undefined })
    expect(heldOut(dataOf(`path=${built}`))).toBeUndefined()
  })

  it('is folders, whose entries what is held out takes over', () => {
    expect(held(...folders, 'val={ ir: held }')).toEqual({
      images: { ir: 'held' },
      annotations: { format: 'yolo', path: 'boxes' },
      only: undefined,
    })
  })

  it('may be of one kind for training and of the other held out', () => {
    expect(held(...folders, `val={ path: ${built} }`)).toMatchObject({ path: built, split: 'val' })
    expect(held(`path=${built}`, `val={ ir: held, annotations: { format: voc, path: xml } }`)).toMatchObject({
      images: { ir: 'held' },
      annotations: { format: 'voc', path: 'xml' },
    })
  })

  it('is asked for where it is missing or told twice', () => {
    expect(() => trained('rgb=vi')).toThrow('data.annotations is missing: where the boxes are (or data.path')
    expect(() => trained('annotations={ format: yolo, path: boxes }', 'rgb=vi')).toThrow('data.ir is missing')
    expect(() => trained(`path=${built}`, 'ir=ir')).toThrow('data.ir is given beside data.path')
    expect(() => trained(...folders, 'split=train')).toThrow('data.split train is of data.path')
  })
})
