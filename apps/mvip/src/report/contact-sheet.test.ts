import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDataset, writeBenchmark } from '@univ/mvip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { contactSheet } from './contact-sheet'

const root = mkdtempSync(join(tmpdir(), 'univ-sheet-'))
const [made, set] = [join(root, 'made'), join(root, 'set')]
beforeAll(async () => {
  await writeBenchmark(made, { sequences: 2, frames: 1, size: 32 })
  await buildDataset({ sources: [made], out: set, duplicates: 'report', workers: 1 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('refuses thumbnails that the manifest places beyond reason, past the end or where no picture is', async () => {
  expect((await contactSheet(set, { pairs: 9 })).match(/<img /g)).toHaveLength(2)
  await expect(contactSheet(set, { pairs: 9, source: 'nope' })).rejects.toThrow(
    `${set} has no source "nope"; its sources are made`,
  )
  await expect(contactSheet(set, { pairs: 9, source: 'made', split: 'none' })).rejects.toThrow(
    'no pair passes the filters',
  )
  const manifest = join(set, 'manifest.jsonl')
  const text = readFileSync(manifest, 'utf8')
  const placed = (thumbnail: { offset: number; length: number }) =>
    writeFileSync(manifest, text.replace(/"thumbnail":\{.*?\}/, `"thumbnail":${JSON.stringify(thumbnail)}`))
  placed({ offset: 0, length: 2 ** 40 })
  await expect(contactSheet(set, { pairs: 9 })).rejects.toThrow(
    /manifest\.jsonl:1: thumbnail\.length: Too big/,
  )
  placed({ offset: 2 ** 50, length: 100 })
  await expect(contactSheet(set, { pairs: 9 })).rejects.toThrow(
    /thumbnails\.bin: there is no WebP picture of made\//,
  )
  placed({ offset: 3, length: 100 })
  await expect(contactSheet(set, { pairs: 9 })).rejects.toThrow(
    /no WebP picture of made\/\S+ at bytes 3 to 103/,
  )
  writeFileSync(manifest, text)
  truncateSync(join(set, 'thumbnails.bin'), 60)
  await expect(contactSheet(set, { pairs: 9 })).rejects.toThrow(/it is cut or mixed, build again/)
  rmSync(join(set, 'thumbnails.bin'))
  await expect(contactSheet(set, { pairs: 9 })).rejects.toThrow(/thumbnails\.bin: cannot be read \(ENOENT\)/)
})
