import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { type Header, pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { loadImage } from '../decode'
import type { LoaderPosition } from '../loader-position'
import { openPairLoader, type PairBatch } from '../pair-loader'
import { listPairs } from '../pairs'
import { joinSources, thinSource } from '../sources/join-sources'
import { openSource } from '../sources/open-source'
import type { PairSource } from '../sources/pair-source'
import { writeSyntheticPairs } from '../synthetic/write'
import { verifyDataset } from '../verify/verify-dataset'
import { indexShards } from './shard-index'
import { writeShards } from './write-shards'

const root = mkdtempSync(join(tmpdir(), 'univ-shards-'))
const [made, dataset, shards] = ['made', 'dataset', 'shards'].map((name) => join(root, name)) as [
  string,
  string,
  string,
]
beforeAll(async () => {
  await writeSyntheticPairs(made, { pairs: 23, size: 64 })
  await buildDataset({ sources: [made], out: dataset, duplicates: 'report', workers: 1 })
  await writeShards(dataset, { out: shards, pairs: 4 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Options {
  readonly rank?: number
  readonly world?: number
  readonly dropLast?: boolean
}

async function epochOf(source: PairSource, options: Options = {}): Promise<PairBatch[]> {
  const loader = openPairLoader({ source, batch: 2, size: 32, seed: 3, workers: 1, ...options })
  const batches: PairBatch[] = []
  for await (const batch of loader.batches(0)) batches.push(batch)
  await loader.close()
  return batches
}

/** A tar of these members. */
async function tarOf(
  members: readonly (Partial<Header> & { name: string; content?: string | Buffer })[],
): Promise<string> {
  const folder = mkdtempSync(join(root, 'tar-'))
  const tar = pack()
  const file = createWriteStream(join(folder, 'a.tar'))
  tar.pipe(file)
  for (const { content = '', ...header } of members) tar.entry(header as Header, content)
  tar.finalize()
  await finished(file)
  return folder
}

describe('shards', () => {
  it('hold the images byte for byte under WebDataset names, and any tar reads them', () => {
    expect(readdirSync(shards).filter((name) => name.endsWith('.tar'))).toHaveLength(6)
    const listed = spawnSync('tar', ['-tf', join(shards, 'mvip-000001.tar')], { encoding: 'utf8' })
    expect(listed.status).toBe(0)
    expect(listed.stdout.split('\n').slice(0, 5)).toEqual([
      '000000004.vi.png',
      '000000004.ir.png',
      '000000004.label-map.png',
      '000000004.yolo.txt',
      '000000004.json',
    ])
    const content = spawnSync('tar', ['-xOf', join(shards, 'mvip-000001.tar'), '000000004.ir.png'])
    expect(content.stdout).toEqual(readFileSync(listPairs(made).pairs[4]!.ir))
  })

  it('are the same bytes every time', async () => {
    const again = join(root, 'again')
    await writeShards(dataset, { out: again, pairs: 4 })
    for (const name of readdirSync(shards))
      expect(readFileSync(join(again, name))).toEqual(readFileSync(join(shards, name)))
  })

  it('refuse members that lead out, are links, or are cut off, by name', async () => {
    const bad = (...members: Parameters<typeof tarOf>[0]) => tarOf(members).then(indexShards)
    await expect(bad({ name: '../../evil.vi.png', content: 'x' })).rejects.toThrow(
      /a\.tar: member "\.\.\/\.\.\/evil\.vi\.png" leads out/,
    )
    await expect(bad({ name: '/etc/passwd', content: 'x' })).rejects.toThrow(/leads out of the shard/)
    const pax = (attributes: Record<string, string>) =>
      bad({ name: 'a.vi.png', content: 'x', pax: attributes } as Parameters<typeof bad>[0])
    await expect(pax({ path: '../evil.vi.png' })).rejects.toThrow(/leads out of the shard/)
    await expect(pax({ size: 'x' })).rejects.toThrow(/cannot be read as a tar/)
    await expect(pax({ size: '-512' })).rejects.toThrow(/cannot be read as a tar/)
    await expect(bad({ name: 'a.vi.png', type: 'symlink', linkname: '/etc/passwd' })).rejects.toThrow(
      /is a symlink/,
    )
    await expect(bad({ name: 'a.vi.png', content: 'x' })).rejects.toThrow(/sample 'a' has no infrared image/)
    const cut = await tarOf([{ name: 'a.vi.png', content: 'x'.repeat(5000) }])
    truncateSync(join(cut, 'a.tar'), 2000)
    await expect(indexShards(cut)).rejects.toThrow(/a\.tar: cannot be read as a tar/)
    expect(readdirSync(root)).not.toContain('evil.vi.png')
  })

  it('of others are indexed as they are', async () => {
    const image = readFileSync(listPairs(made).pairs[0]!.vi, 'latin1')
    const folder = await tarOf([
      { name: './x/', type: 'directory' },
      { name: './x/0001.vi.png', content: image },
      { name: './x/0001.ir.png', content: image },
    ])
    expect(await indexShards(folder)).toMatchObject({ pairs: 1, shards: [{ file: 'a.tar', pairs: 1 }] })
    expect((await openSource(folder)).pair(0)).toMatchObject({ id: 'x/0001', source: 'shards' })
  })

  it.each(['pax', 'gnu'])('of Python may have long names in any alphabet (%s)', async (format) => {
    const folder = mkdtempSync(join(root, 'python-'))
    copyFileSync(
      new URL(`../../../../fixtures/shards/python-${format}.tar`, import.meta.url),
      join(folder, 'a.tar'),
    )
    await indexShards(folder)
    const source = await openSource(folder)
    const long = `${'d'.repeat(60)}/${'ü'.repeat(30)}${'é'.repeat(30)}`
    expect([0, 1].map((i) => source.pair(i).id)).toEqual(['short', long])
    const greys = [0, 1].flatMap((i) => [source.pair(i).vi, source.pair(i).ir])
    const raw = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }
    const read = greys.map((image) => loadImage(image, { modality: 'ir', normalisation: raw }))
    expect((await Promise.all(read)).map(({ data }) => Math.round(data[0]!))).toEqual([10, 11, 20, 21])
    source.close()
  })

  it('with names of our own may be long too', async () => {
    const image = readFileSync(listPairs(made).pairs[0]!.vi, 'latin1')
    const key = `${'a'.repeat(150)}/é`
    const folder = await tarOf(['vi', 'ir'].map((name) => ({ name: `${key}.${name}.png`, content: image })))
    expect(await indexShards(folder)).toMatchObject({ pairs: 1 })
    expect((await openSource(folder)).pair(0)).toMatchObject({ id: key })
  })

  it('refuse an index that leads elsewhere', async () => {
    const folder = await tarOf([])
    writeFileSync(
      join(folder, 'index.json'),
      JSON.stringify({ format: 'univ-mvip-shards', version: 1, pairs: 0, shards: [{ file: '../x.tar' }] }),
    )
    writeFileSync(join(folder, 'members.jsonl'), '')
    await expect(openSource(folder)).rejects.toThrow(/shards\.0\.file: the name of a tar in this folder/)
  })
})

describe('sources', () => {
  it('give the same pixels from folders, a manifest and shards', async () => {
    const sources = await Promise.all([made, dataset, shards].map((path) => openSource(path)))
    const [folder, manifest, packed] = await Promise.all(
      sources.map(async (source) => {
        const loader = openPairLoader({ source, batch: 23, size: 32, shuffle: false, workers: 1 })
        const { value } = await loader.batches(0).next()
        await loader.close()
        return value as PairBatch
      }),
    )
    expect(manifest!.ids).toEqual(folder!.ids)
    expect(packed!.ids).toEqual(folder!.ids)
    expect(manifest!.rgb).toEqual(folder!.rgb)
    expect(packed!.rgb).toEqual(folder!.rgb)
    expect(packed!.ir).toEqual(folder!.ir)
  })

  it.each(['dataset', 'shards'])('divide %s among ranks without overlap or loss', async (name) => {
    const source = await openSource(join(root, name))
    const ranks = await Promise.all(
      [0, 1, 2].map((rank) => epochOf(source, { rank, world: 3, dropLast: false })),
    )
    const ids = ranks.flatMap((batches) => batches.flatMap((batch) => batch.ids))
    expect(ids).toHaveLength(23)
    expect(new Set(ids).size).toBe(23)
    const whole = await Promise.all([0, 1, 2].map((rank) => epochOf(source, { rank, world: 3 })))
    expect(whole.map((batches) => batches.length)).toEqual([3, 3, 3])
  })

  it('give only the split that is asked for', async () => {
    const counts = await Promise.all(
      (['train', 'val', 'test'] as const).map(async (split) => (await openSource(dataset, { split })).count),
    )
    expect(counts.reduce((a, b) => a + b)).toBe(23)
    expect(counts[0]).toBeGreaterThan(counts[1]! + counts[2]!)
  })

  it('give only the stems of a list, and say where there can be none', async () => {
    const all = await openSource(made)
    const stems = [0, 7].map((i) => all.pair(i).id.split('/').at(-1)!)
    for (const path of [made, dataset]) {
      const source = await openSource(path, { only: new Set([...stems, 'nobody']) })
      expect(Array.from({ length: source.count }, (_, i) => source.pair(i).id.split('/').at(-1))).toEqual(
        stems,
      )
    }
    await expect(openSource(dataset, { only: new Set(['nobody']) })).rejects.toThrow('no pair among those')
    await expect(openSource(shards, { only: new Set(stems) })).rejects.toThrow('shards are read whole')
    await expect(openSource(shards, { split: 'val' })).rejects.toThrow('hold the one that they were packed')
    await expect(openSource(made, { split: 'test' })).rejects.toThrow('folders of pairs have none')
    expect((await openSource(made, { split: 'train' })).count).toBe(23)
  })

  it('tell the hour of a dataset’s pairs, from shards too, not from those of version 1', async () => {
    const timesOf = async (path: string) => {
      const source = await openSource(path)
      const times = Array.from({ length: source.count }, (_, i) => source.pair(i).time)
      source.close()
      return times
    }
    const lines = readFileSync(join(dataset, 'manifest.jsonl'), 'utf8').trim().split('\n')
    const times = lines.map((line) => JSON.parse(line).time)
    expect(new Set(times)).toEqual(new Set(['day', 'night']))
    expect(await timesOf(dataset)).toEqual(times)
    expect(await timesOf(shards)).toEqual(times)
    const old = mkdtempSync(join(root, 'old-'))
    for (const name of readdirSync(shards)) copyFileSync(join(shards, name), join(old, name))
    const rewrite = (name: string, text: string, by: string) =>
      writeFileSync(
        join(old, name),
        readFileSync(join(old, name), 'utf8').replaceAll(new RegExp(text, 'g'), by),
      )
    rewrite('index.json', '"version": 2', '"version": 1')
    rewrite('members.jsonl', ',"time":"\\w+"', '')
    expect(await timesOf(old)).toEqual(Array(23).fill(undefined))
  })

  it('are joined: every pair of each comes once an epoch', async () => {
    const sources = await Promise.all([made, dataset, shards].map((path) => openSource(path)))
    const joined = joinSources(sources)
    expect(joined.count).toBe(3 * 23)
    expect([0, 22, 23, 45, 46, 68].map((i) => joined.pair(i))).toEqual(
      sources.flatMap((source) => [source.pair(0), source.pair(22)]),
    )
    expect(joined.blocks).toEqual([0, 23, ...sources[2]!.blocks!.map((first) => first + 46)])
    const ids = (await epochOf(joined, { dropLast: false })).flatMap((batch) => batch.ids)
    expect([...new Set(ids)].map((id) => ids.filter((other) => other === id).length)).toEqual(
      new Array(23).fill(3),
    )
    expect(joinSources(sources.slice(0, 2)).blocks).toBeUndefined()
    const few = thinSource(joined, 34)
    expect([few.count, few.pair(2)]).toEqual([3, joined.pair(68)])
    joined.close()
  })

  it('mix shards, each epoch another way, and leave none out', async () => {
    const source = await openSource(shards)
    const ids = (await epochOf(source, { dropLast: false })).flatMap((batch) => batch.ids)
    expect(new Set(ids).size).toBe(23)
    expect(ids).not.toEqual(ids.toSorted())
  })

  it('refuse a rank that there is not', async () => {
    const source = await openSource(made)
    await expect(epochOf(source, { rank: 2, world: 2 })).rejects.toThrow(/rank 2 of 2/)
  })
})

describe('positions', () => {
  it('go on with the very next batch, in mid-epoch and across epochs', async () => {
    const source = await openSource(shards)
    const settings = {
      source,
      batch: 5,
      size: 32,
      seed: 9,
      workers: 1,
      augment: { crop: [0.5, 1], flip: 0.5 },
    } as const
    const run = async (count: number, position?: LoaderPosition) => {
      const loader = openPairLoader(settings)
      const batches = []
      for await (const batch of loader.stream(position)) {
        batches.push(batch)
        if (batches.length === count) break
      }
      await loader.close()
      return batches
    }
    const all = await run(7)
    expect(all.map(({ epoch, index }) => [epoch, index])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 0],
      [1, 1],
      [1, 2],
    ])
    const saved = JSON.parse(JSON.stringify(all[2]!.next)) as LoaderPosition
    expect(await run(4, saved)).toEqual(all.slice(3))
    await expect(run(1, { ...saved, order: 'another' })).rejects.toThrow(/of other data/)
    await expect(run(1, { ...saved, batch: 4 })).rejects.toThrow(/an epoch has 4 batches/)
  })
})

describe('verifying shards', () => {
  it('finds all as packed, a changed byte, and images that are none', async () => {
    const whole = { pairs: 23, images: 46, annotations: 46, findings: [] }
    expect(await verifyDataset(shards, { workers: 1 })).toMatchObject(whole)
    expect(await verifyDataset(shards, { quick: true })).not.toHaveProperty('annotations')
    const hurt = mkdtempSync(join(root, 'hurt-'))
    for (const name of readdirSync(shards)) copyFileSync(join(shards, name), join(hurt, name))
    const line = JSON.parse(readFileSync(join(hurt, 'members.jsonl'), 'utf8').split('\n')[1]!)
    const name = readdirSync(hurt).filter((file) => file.endsWith('.tar'))[line.shard]!
    const tar = join(hurt, name)
    const bytes = readFileSync(tar)
    bytes.fill(0, line.ir[0], line.ir[0] + line.ir[1]) // the second pair's infrared image
    writeFileSync(tar, bytes)
    const { findings, counts } = await verifyDataset(hurt, { workers: 1 })
    expect(counts).toEqual({ changed: 1, unreadable: 1 })
    expect(findings).toMatchObject([
      { id: name, fault: 'changed', detail: expect.stringContaining('SHA-256') },
      { id: line.id, modality: 'ir', file: tar, fault: 'unreadable' },
    ])
    expect((await verifyDataset(hurt, { quick: true })).findings).toEqual([])
    const bare = mkdtempSync(join(root, 'bare-'))
    copyFileSync(tar, join(bare, name))
    await expect(verifyDataset(bare)).rejects.toThrow(
      /holds tars without an index: univ-mvip shard .* --index/,
    )
    truncateSync(tar, 100)
    await expect(verifyDataset(hurt)).rejects.toThrow(/has 100 bytes, the index tells of/)
  })

  it('counts the annotations of any tar and names those that are empty or no label maps', async () => {
    const image = readFileSync(listPairs(made).pairs[0]!.vi, 'latin1')
    const folder = await tarOf(
      Object.entries({
        'vi.png': image,
        'ir.png': image,
        'ir-voc.xml': '',
        'label-map.png': image.slice(0, 90),
        'yolo.txt': '',
        'note.txt': 'no annotation',
      }).map(([suffix, content]) => ({ name: `a.${suffix}`, content: Buffer.from(content, 'latin1') })),
    )
    await indexShards(folder)
    const { annotations, findings } = await verifyDataset(folder, { workers: 1 })
    expect(annotations).toBe(3)
    expect(findings).toMatchObject([
      { id: 'a', modality: 'ir', annotation: 'voc', fault: 'empty', detail: 'a.ir-voc.xml has no bytes' },
      { annotation: 'label-map', fault: 'unreadable', detail: expect.stringContaining('a.label-map.png: ') },
    ])
  })
})

describe('corrupt records', () => {
  const broken = () => {
    const { pairs } = listPairs(made)
    const folder = mkdtempSync(join(root, 'broken-'))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'bad.png'), 'no image')
    return pairs.map((pair, i) => (i === 1 || i === 4 ? { ...pair, ir: join(folder, 'bad.png') } : pair))
  }
  const load = async (onCorrupt: 'refuse' | { skip: number }, epochs = 1) => {
    const skipped: number[] = []
    const loader = openPairLoader({
      pairs: broken().slice(0, 6),
      batch: 2,
      size: 32,
      shuffle: false,
      workers: 1,
      onCorrupt,
      onSkip: ({ item }) => skipped.push(item),
    })
    try {
      const ids: string[] = []
      for (let epoch = 0; epoch < epochs; epoch++)
        for await (const batch of loader.batches(epoch)) ids.push(...batch.ids.map((id) => id.slice(-6, -1)))
      return { ids, skipped }
    } finally {
      await loader.close()
    }
  }

  it('are refused by name, or replaced by the next sound one up to a number', async () => {
    await expect(load('refuse')).rejects.toThrow(/bad\.png: cannot be read/)
    const { ids, skipped } = await load({ skip: 2 })
    expect(ids).toEqual(['00000', '00002', '00002', '00003', '00005', '00005'])
    expect(skipped).toEqual([1, 4])
    await expect(load({ skip: 1 })).rejects.toThrow(/more than 1 corrupt records: .*bad\.png/)
    // The same two again, not two more.
    expect((await load({ skip: 2 }, 2)).skipped).toEqual([1, 4, 1, 4])
  })
})
