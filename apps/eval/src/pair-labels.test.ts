import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDataset, openDataset, writeSyntheticPairs } from '@univ/mvip'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { measureAlignment } from './alignment'
import { golden } from './golden-fixtures'
import { openPairs } from './open-pairs'
import { pairLabels } from './pair-labels'

const root = mkdtempSync(join(tmpdir(), 'univ-pair-labels-'))
const [data, bare, built] = [join(root, 'pairs'), join(root, 'bare'), join(root, 'built')]
const build = (sources: string[], out: string) =>
  buildDataset({ sources, out, duplicates: 'report', workers: 1 })
beforeAll(async () => {
  await writeSyntheticPairs(data, { pairs: 3, size: 96 })
  await build([data], built)
  await writeSyntheticPairs(bare, { pairs: 2, size: 96, seed: 5 })
  rmSync(join(bare, 'labels'), { recursive: true })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))
const pairs = (...paths: string[]) => openPairs({ data: paths, limit: 10 })

it('are those of the dataset that the pairs are from, without being asked for', async () => {
  const maps: string[] = []
  for await (const record of openDataset(built).records())
    maps.push(join(data, record.annotations.find(({ kind }) => kind === 'label-map')!.path))
  expect(await pairLabels(await pairs(built), [built])).toEqual(maps)
  expect(await pairLabels(await pairs(built), [built], [built])).toEqual(maps)
  // The folder's own pairs are found in the dataset by their images.
  expect([...(await pairLabels(await pairs(data), [data], [built]))!].sort()).toEqual([...maps].sort())
})

it('are none where a pair has none, or none are wanted; folders have none of their own', async () => {
  const mixed = join(root, 'mixed')
  await build([data, bare], mixed)
  expect(await pairLabels(await pairs(mixed), [mixed])).toBeUndefined()
  expect(await pairLabels(await pairs(built), [built], ['none'])).toBeUndefined()
  expect(await pairLabels(await pairs(data), [data])).toBeUndefined()
  await expect(pairLabels(await pairs(mixed), [mixed], [mixed])).rejects.toThrow(
    /^bare\/\S+ has no label map: looked for its stem's PNG or its pair in .*mixed$/,
  )
})

it('are refused where two datasets number their classes differently', async () => {
  const other = join(root, 'other')
  await writeSyntheticPairs(join(root, 'others'), { pairs: 2, size: 96, seed: 9 })
  writeFileSync(join(root, 'others', 'classes.txt'), 'sky\nroad\n')
  await build([join(root, 'others')], other)
  const both = [built, other]
  await expect(pairLabels(await pairs(...both), both)).rejects.toThrow(
    /class 1 of label-map annotations is 'building' in source pairs and 'road'/,
  )
  await expect(pairLabels(await pairs(...both), both, both)).rejects.toThrow(/class 1 of label-map/)
})

it('score what the folder of the same maps scores, and are missed before anything is encoded', async () => {
  const options = {
    checkpoint: golden('mcmae-tiny/checkpoint.pth'),
    ignore: [],
    size: 96,
    limit: 3,
    batch: 4,
  }
  const rest = { shift: { rows: 1, columns: 1 }, engine: 'cpu', data: [built] } as const
  const own = await measureAlignment({ ...options, ...rest })
  const folder = await measureAlignment({ ...options, ...rest, labels: [join(data, 'labels')] })
  expect(own.classes).toBe('labels')
  expect(own.student).toEqual(folder.student)
  mkdirSync(join(root, 'away'))
  renameSync(join(data, 'labels'), join(root, 'away', 'labels'))
  let seen = 0
  const gone = measureAlignment({ ...options, ...rest, onProgress: () => seen++ })
  await expect(gone).rejects.toThrow(/labels\/\S+\.png: cannot be read \(ENOENT\)/)
  expect(seen).toBe(0)
})
