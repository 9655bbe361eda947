import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readDetectionSet } from './annotations/detection-set'
import { findClassNames } from './class-names'
import { listSamples } from './layouts/layouts'
import { readJsonLines } from './manifest/json-lines'
import { unreadable } from './read-text'
import { indexLines } from './sources/line-index'

const root = mkdtempSync(join(tmpdir(), 'univ-unreadable-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const at = (...names: string[]) => join(root, ...names)

describe('a file that cannot be read', () => {
  it('is named, with the reason', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
    expect(unreadable('x.txt', denied).message).toBe('x.txt: cannot be read (EACCES)')
  })

  it('is told in one line wherever it stands: here folders in place of files', async () => {
    for (const folder of ['classes.txt', 'vi', 'ir', 'boxes', 'coco.json']) mkdirSync(at(folder))
    writeFileSync(at('vi', 'a.png'), 'x')
    writeFileSync(at('ir', 'a.png'), 'x')
    writeFileSync(at('file'), 'x')
    const images = { rgb: at('vi') }
    const boxes = (format: 'coco' | 'yolo', path: string) =>
      readDetectionSet({ images, annotations: { format, path }, onBad: 'skip' })
    expect(() => findClassNames([root])).toThrow(`${at('classes.txt')}: cannot be read (EISDIR)`)
    await expect(boxes('coco', at('coco.json'))).rejects.toThrow(
      `${at('coco.json')}: cannot be read (EISDIR)`,
    )
    await expect(boxes('yolo', at('file'))).rejects.toThrow(`${at('file')} cannot be read (ENOTDIR)`)
    await expect(
      readDetectionSet({ images: { rgb: at('file') }, annotations: { format: 'yolo', path: at('boxes') } }),
    ).rejects.toThrow(`${at('file')} cannot be read (ENOTDIR)`)
    const lines = async () => {
      for await (const _ of readJsonLines(root)) throw new Error('a line of a folder')
    }
    await expect(lines()).rejects.toThrow(`${root}: cannot be read (EISDIR)`)
    await expect(indexLines(root, () => true)).rejects.toThrow(`${root}: cannot be read (EISDIR)`)
  })

  it('is told where a layout reads a list', () => {
    const set = at('mfnet')
    mkdirSync(join(set, 'images'), { recursive: true })
    writeFileSync(join(set, 'images', '00001D.png'), 'x')
    writeFileSync(join(set, 'train.txt'), '')
    for (const folder of ['labels', 'black_list.txt']) mkdirSync(join(set, folder), { recursive: true })
    const list = () => [...listSamples(set, { layout: 'mfnet' }).samples()]
    expect(list).toThrow(`${join(set, 'black_list.txt')}: cannot be read (EISDIR)`)
  })
})
