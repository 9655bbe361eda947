import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeAtomic } from './atomic-write'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'univ-atomic-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('writeAtomic', () => {
  it('replaces a file by its pieces, and leaves nothing beside it', async () => {
    const path = join(folder, 'a.bin')
    await writeFile(path, 'old and longer')
    await writeAtomic(path, [Uint8Array.of(65, 66), new Uint8Array(0), Uint8Array.of(67)])
    expect(await readFile(path, 'utf8')).toBe('ABC')
    expect(await readdir(folder)).toEqual(['a.bin'])
  })

  it('keeps the old file when the content fails half-way', async () => {
    const path = join(folder, 'a.bin')
    await writeFile(path, 'old')
    function* broken() {
      yield Uint8Array.of(1, 2, 3)
      throw new Error('the disk is gone')
    }
    await expect(writeAtomic(path, broken())).rejects.toThrow(`${path}: cannot write: the disk is gone`)
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(folder)).toEqual(['a.bin'])
  })

  it('names a folder that does not exist', async () => {
    await expect(writeAtomic(join(folder, 'no', 'a'), Uint8Array.of(1))).rejects.toThrow(
      /cannot write: ENOENT/,
    )
  })

  it('lets several writers race: the last whole file stays', async () => {
    const path = join(folder, 'a.bin')
    await Promise.all([...Array(8).keys()].map((i) => writeAtomic(path, new Uint8Array(1000).fill(i))))
    const bytes = await readFile(path)
    expect(bytes.length).toBe(1000)
    expect(new Set(bytes).size).toBe(1)
    expect(await readdir(folder)).toEqual(['a.bin'])
  })
})
