import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { openPairLoader } from '../pair-loader'
import { writeShards } from '../shards/write-shards'
import { openSource } from '../sources/open-source'
import { datasetStats } from '../stats/dataset-stats'
import { writeSyntheticPairs } from '../synthetic/write'
import { verifyDataset } from '../verify/verify-dataset'
import { openDataset } from './open-dataset'
import { relocateSources, rootsProblem } from './source-roots'

const root = mkdtempSync(join(tmpdir(), 'univ-moved-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let number = 0

/** A folder with a dataset of the sources `one` and `two`. */
let built: string
beforeAll(async () => {
  built = join(root, 'built')
  await writeSyntheticPairs(join(built, 'one'), { pairs: 3, size: 32 })
  await writeSyntheticPairs(join(built, 'two'), { pairs: 3, size: 32, seed: 5 })
  for (const kind of ['vi', 'ir', 'labels', 'boxes'])
    for (const name of readdirSync(join(built, 'two', kind)))
      renameSync(join(built, 'two', kind, name), join(built, 'two', kind, `second-${name}`))
  const sources = ['one', 'two'].map((name) => join(built, name))
  await buildDataset({ sources, out: join(built, 'set'), duplicates: 'report', workers: 1 })
})
const copied = (): string => {
  const folder = join(root, `copy-${number++}`)
  cpSync(built, folder, { recursive: true })
  return folder
}

describe('a dataset that was moved', () => {
  it('is whole where its sources came along', async () => {
    const folder = copied()
    const set = join(folder, 'set')
    expect(rootsProblem(openDataset(set))).toBeUndefined()
    expect(await verifyDataset(set)).toMatchObject({ pairs: 6, findings: [] })
    const loader = openPairLoader({ source: await openSource(set), batch: 6, size: 32, workers: 1 })
    for await (const { ids } of loader.batches(0)) expect(ids).toHaveLength(6)
    await loader.close()
  })

  it('tells once which sources are missing, and how to say where they are', async () => {
    const folder = copied()
    const set = join(folder, 'set')
    renameSync(join(folder, 'two'), join(folder, 'elsewhere'))
    const lost = `${set}: the folder of source two, ${folder}/two, does not exist. Say where it lies now: univ-mvip relocate ${set} two=FOLDER`
    const pack = () => writeShards(set, { out: join(folder, 'out') })
    for (const read of [verifyDataset, pack, openSource]) await expect(read(set)).rejects.toThrow(lost)
    expect(readdirSync(folder)).not.toContain('out')
    expect((await datasetStats(set)).pairs).toBe(6) // reads no image
    rmSync(join(folder, 'one'), { recursive: true })
    writeFileSync(join(folder, 'one'), '')
    mkdirSync(join(folder, 'two'))
    await expect(verifyDataset(set)).rejects.toThrow(
      /source one, \S+, is no folder; the folder of source two, \S+, is empty \(a disk that is not mounted\?\)\. .* one=FOLDER two=FOLDER$/,
    )
  })

  it('is read where the pairs that are wanted are there', async () => {
    const folder = copied()
    const set = join(folder, 'set')
    rmSync(join(folder, 'two'), { recursive: true })
    const only = (...stems: string[]) => openSource(set, { only: new Set(stems) })
    expect((await only('00000D')).count).toBe(1)
    await expect(only('00000D', 'second-00000D')).rejects.toThrow('the folder of source two')
  })

  it('learns where its sources lie now, and refuses folders that are others', async () => {
    const folder = copied()
    const [set, moved] = [join(folder, 'set'), join(folder, 'deep', 'moved')]
    mkdirSync(join(folder, 'deep'))
    renameSync(join(folder, 'two'), moved)
    const header = readFileSync(join(set, 'dataset.json'))
    await expect(relocateSources(set, { three: moved })).rejects.toThrow(
      `${set} has no source "three"; its sources are one, two`,
    )
    await expect(relocateSources(set, { two: join(folder, 'nowhere') })).rejects.toThrow(
      'nowhere does not exist',
    )
    await expect(relocateSources(set, { two: join(folder, 'deep') })).rejects.toThrow(
      /deep is not where two\/\S+ lies: \S+ is not there; the folder that was given to univ-mvip build is wanted/,
    )
    expect(readFileSync(join(set, 'dataset.json'))).toEqual(header)
    const { roots } = await relocateSources(set, { two: moved })
    expect(roots.map(({ path }) => path)).toEqual(['../one', '../deep/moved'])
    expect(await verifyDataset(set)).toMatchObject({ pairs: 6, findings: [] })
    expect(readdirSync(set).filter((name) => /part|lock/.test(name))).toEqual([])
  })
})
