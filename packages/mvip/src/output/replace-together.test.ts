import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { splitDataset } from '../build/split-dataset'
import { openDataset } from '../manifest/open-dataset'
import { writeSyntheticPairs } from '../synthetic/write'
import { verifyDataset } from '../verify/verify-dataset'
import { makeFolder } from './make-folder'
import { finishReplacing, replaceTogether } from './replace-together'

const root = mkdtempSync(join(tmpdir(), 'univ-replace-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let number = 0

/** A folder of the files `a`, `b` and their header. */
function folderOf(content: string): string {
  const folder = join(root, `files-${number++}`)
  mkdirSync(folder)
  for (const name of ['a', 'b', 'head']) writeFileSync(join(folder, name), content)
  return folder
}
const contents = (folder: string) =>
  readdirSync(folder).map((name) => `${name} ${readFileSync(join(folder, name))}`)

describe('files that are replaced together', () => {
  it('are all new, or all old where writing failed', async () => {
    const folder = folderOf('old')
    const failing = replaceTogether(folder, ['a', 'b'], 'head', async (part) => {
      writeFileSync(part('a'), 'new')
      throw new Error('the disk is full')
    })
    await expect(failing).rejects.toThrow('the disk is full')
    expect(contents(folder)).toEqual(['a old', 'b old', 'head old'])
    await replaceTogether(folder, ['a', 'b'], 'head', async (part) => {
      for (const name of ['a', 'b', 'head']) writeFileSync(part(name), 'new')
    })
    expect(contents(folder)).toEqual(['a new', 'b new', 'head new'])
  })

  it.each([0, 1, 2])('are all new in the end where %d were renamed before a stop', async (renamed) => {
    const folder = folderOf('old')
    for (const [i, name] of ['a', 'b'].entries())
      writeFileSync(join(folder, i < renamed ? name : `${name}.part`), 'new')
    writeFileSync(join(folder, 'head.next'), 'new')
    await finishReplacing(folder, ['a', 'b'], 'head')
    expect(contents(folder)).toEqual(['a new', 'b new', 'head new'])
    await finishReplacing(folder, ['a', 'b'], 'head')
    expect(contents(folder)).toEqual(['a new', 'b new', 'head new'])
  })
})

describe('a dataset whose division was stopped among its renames', () => {
  const made = join(root, 'made')
  beforeAll(() => writeSyntheticPairs(made, { pairs: 6, size: 32 }))
  const shares = { train: 0.5, val: 0.5, test: 0 }

  it('tells so to every reader, and is whole once divided or built again', async () => {
    const build = (out: string) =>
      buildDataset({ sources: [made], out, duplicates: 'report', parquet: true, workers: 1 })
    const [whole, set] = [join(root, 'whole'), join(root, 'set')]
    for (const out of [whole, set]) await build(out)
    const undivided = readFileSync(join(set, 'dataset.json'))
    await splitDataset(whole, shares, 3)
    // A folder in the way of the second file stands for the stop.
    rmSync(join(set, 'manifest.parquet'))
    mkdirSync(join(set, 'manifest.parquet', 'in the way'), { recursive: true })
    await expect(splitDataset(set, shares, 3)).rejects.toThrow(/rename/)
    expect(readFileSync(join(set, 'manifest.jsonl'))).toEqual(readFileSync(join(whole, 'manifest.jsonl')))
    expect(readFileSync(join(set, 'dataset.json'))).toEqual(undivided)
    const told = `${set} is unfinished: univ-mvip split is at work there or was interrupted; run it again`
    expect(() => openDataset(set)).toThrow(told)
    await expect(verifyDataset(set)).rejects.toThrow(told)
    rmSync(join(set, 'manifest.parquet'), { recursive: true })
    await splitDataset(set, shares, 3)
    for (const name of ['manifest.jsonl', 'manifest.parquet', 'dataset.json'])
      expect(readFileSync(join(set, name))).toEqual(readFileSync(join(whole, name)))
    expect(readdirSync(set).sort()).toEqual(readdirSync(whole).sort())
    expect(await verifyDataset(set)).toMatchObject({ findings: [] })

    writeFileSync(join(set, 'dataset.json.next'), '{}')
    await build(set)
    expect(readFileSync(join(set, 'dataset.json'))).toEqual(undivided)
    expect(readdirSync(set)).not.toContain('dataset.json.next')
  })
})

describe('a folder', () => {
  it('is made with those above it, and may be there', () => {
    const deep = join(root, 'one', 'two', 'three')
    for (let i = 0; i < 2; i++) makeFolder(deep)
    expect(readdirSync(join(root, 'one', 'two'))).toEqual(['three'])
  })

  it('is refused where a file has its name or one above it', () => {
    writeFileSync(join(root, 'file'), '')
    for (const path of [join(root, 'file'), join(root, 'file', 'deep', 'er')])
      expect(() => makeFolder(path)).toThrow(expect.objectContaining({ code: 'ENOTDIR' }))
  })

  it.skipIf(process.platform !== 'linux')('is refused in /proc, where mkdir tries for ever', () => {
    expect(() => makeFolder('/proc/univ/set')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})
