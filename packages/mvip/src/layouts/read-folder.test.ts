import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { listImages } from '../image-loader'
import { listLabelled } from '../labelled-loader'
import { imagesIn, readFolder } from './read-folder'

const root = mkdtempSync(join(tmpdir(), 'univ-read-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const names = ['b.TIFF', 'a.png', 'd.webp', 'c.JPG', 'notes.txt']
for (const kind of ['images', 'labels']) mkdirSync(join(root, kind))
for (const name of names) writeFileSync(join(root, 'images', name), '')
for (const stem of ['a', 'b', 'c', 'd']) writeFileSync(join(root, 'labels', `${stem}.png`), '')
const images = ['a.png', 'b.TIFF', 'c.JPG', 'd.webp'].map((name) => join(root, 'images', name))

describe('images of a folder', () => {
  it('are those of every known extension, in any case, in a fixed order', () => {
    expect(imagesIn(join(root, 'images'))).toEqual(images)
  })

  it('are the same to every listing', async () => {
    expect((await listImages(root)).map(({ file }) => file)).toEqual(images)
    expect((await listLabelled(root)).map(({ image }) => image)).toEqual(images)
  })

  it('are told where they cannot be', () => {
    const file = join(root, 'images', 'notes.txt')
    expect(() => readFolder(file)).toThrow(`${file} cannot be read (ENOTDIR)`)
    expect(() => imagesIn(join(root, 'none'))).toThrow(`${join(root, 'none')} cannot be read (ENOENT)`)
  })
})
