import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { splitDataset } from '../build/split-dataset'
import { openDataset } from '../manifest/open-dataset'
import { indexShards } from '../shards/shard-index'
import { writeShards } from '../shards/write-shards'
import { openSource } from '../sources/open-source'
import { writeSyntheticPairs } from '../synthetic/write'
import { writeBenchmark } from '../synthetic/write-benchmark'
import { lockFolder } from './folder-lock'
import { isWithin, realPlace } from './real-place'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'univ-output-')))
const [made, dataset] = [join(root, 'made'), join(root, 'dataset')]
let number = 0
const fresh = () => join(root, `out-${number++}`)
const build = (sources: readonly string[], out = fresh()) =>
  buildDataset({ sources, out, duplicates: 'report', workers: 1 })

beforeAll(async () => {
  await writeSyntheticPairs(made, { pairs: 4, size: 32 })
  await build([made], dataset)
  symlinkSync(made, join(root, 'link'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A process that lives until the test is over. */
const living = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
afterAll(() => void living.kill())
const dead = 2 ** 22 + 1 // beyond any process number of Linux
const lock = (folder: string, pid: number, host = hostname()) => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.lock'), JSON.stringify({ pid, host }))
}

describe('places', () => {
  it('are the same through links, and kept where nothing is yet', () => {
    expect(realPlace(join(root, 'link', 'vi'))).toBe(join(made, 'vi'))
    expect(realPlace(join(root, 'link', 'not', 'yet'))).toBe(join(made, 'not', 'yet'))
  })

  it('lie in another only below it, whatever their names begin with', () => {
    expect(isWithin('/a/b', '/a')).toBe(true)
    expect(isWithin('/a', '/a')).toBe(true)
    expect(isWithin('/a/..b', '/a')).toBe(true)
    expect(isWithin('/ab', '/a')).toBe(false)
    expect(isWithin('/', '/a')).toBe(false)
  })
})

describe('sources', () => {
  it('are refused where one is another, also through a link', async () => {
    await expect(build([made, join(root, 'link')])).rejects.toThrow(`${made} and ${root}/link are one folder`)
    await expect(build([made, made])).rejects.toThrow(`${made} is given twice`)
  })

  it('are refused where one lies in another, in either order', async () => {
    const inner = join(root, 'link', 'vi')
    for (const sources of [
      [made, inner],
      [inner, made],
    ])
      await expect(build(sources)).rejects.toThrow(
        `${inner} lies in ${made}: its pairs would be counted twice`,
      )
  })

  it('are not written into: a build’s and a packing’s folder lie outside', async () => {
    for (const out of [join(made, 'vi', 'set'), join(root, 'link', 'set')]) {
      await expect(build([made], out)).rejects.toThrow(`--out ${out} lies in the source ${made}`)
      await expect(writeShards(dataset, { out })).rejects.toThrow(`--out ${out} lies in the source`)
    }
    await expect(build([made], join(root, 'link'))).rejects.toThrow('is the source')
    await expect(build([made], root)).rejects.toThrow(`the source ${made} lies in --out ${root}`)
    expect(readdirSync(made).sort()).toEqual(['boxes', 'classes.txt', 'ir', 'labels', 'vi'])
  })
})

describe('files of others', () => {
  it('are not replaced by a build; its own are, also without the journal', async () => {
    const out = fresh()
    mkdirSync(out)
    writeFileSync(join(out, 'manifest.jsonl'), 'precious')
    await expect(build([made], out)).rejects.toThrow(
      `holds a manifest.jsonl that univ-mvip build did not write`,
    )
    writeFileSync(join(out, 'dataset.json'), '{"name": "mine"}')
    await expect(build([made], out)).rejects.toThrow('did not write')
    expect(readFileSync(join(out, 'manifest.jsonl'), 'utf8')).toBe('precious')
    rmSync(join(dataset, '.build'), { recursive: true })
    expect((await build([made], dataset)).header.counts.kept).toBe(4)
  })

  it('are not packed over: any other file, or an index of another program', async () => {
    await expect(writeShards(dataset, { out: dataset })).rejects.toThrow(
      /holds "dataset.json", which is none/,
    )
    const out = fresh()
    mkdirSync(out)
    writeFileSync(join(out, 'index.json'), '{}')
    await expect(writeShards(dataset, { out })).rejects.toThrow(/holds "index.json"/)
    rmSync(join(out, 'index.json'))
    writeFileSync(join(out, '.DS_Store'), '')
    for (const pairs of [1, 3]) await writeShards(dataset, { out, pairs })
    expect(readdirSync(out).sort()).toEqual([
      '.DS_Store',
      'index.json',
      'members.jsonl',
      'mvip-000000.tar',
      'mvip-000001.tar',
    ])
  })

  it('do not become part of a made set, and an earlier made set does not either', async () => {
    const out = fresh()
    await writeBenchmark(out, { sequences: 3, frames: 2, size: 32 })
    await writeBenchmark(out, { sequences: 1, frames: 1, size: 32 })
    const frames = ['vi', 'ir', 'labels', 'boxes'].flatMap((kind) => readdirSync(join(out, kind)))
    expect(frames).toHaveLength(4)
    writeFileSync(join(out, 'vi', 'holiday.png'), 'mine')
    await expect(writeBenchmark(out, { sequences: 1, size: 32 })).rejects.toThrow(
      `--out ${join(out, 'vi')} holds "holiday.png", which is none of the files of univ-mvip synthetic`,
    )
    expect(readdirSync(join(out, 'vi')).sort()).toEqual(['holiday.png', frames[0]])
  })
})

describe('a folder that is being written', () => {
  it('is refused while its process lives, here or elsewhere', async () => {
    const out = fresh()
    for (const [pid, host] of [
      [living.pid!, hostname()],
      [dead, 'elsewhere'],
    ] as const) {
      lock(out, pid, host)
      const busy = `${out} is being written by process ${pid} on ${host}`
      await expect(build([made], out)).rejects.toThrow(busy)
      await expect(writeShards(dataset, { out })).rejects.toThrow(busy)
      await expect(writeBenchmark(out, { sequences: 1, size: 32 })).rejects.toThrow(busy)
    }
    lock(dataset, living.pid!)
    await expect(splitDataset(dataset, { train: 1, val: 0, test: 0 }, 1)).rejects.toThrow('is being written')
    rmSync(join(dataset, '.lock'))
  })

  it('is taken over from a process that is gone, or whose lock was cut off', async () => {
    const out = fresh()
    lock(out, dead)
    await build([made], out)
    expect(existsSync(join(out, '.lock'))).toBe(false)
    writeFileSync(join(out, '.lock'), '{"pi')
    await build([made], out)
    expect(existsSync(join(out, '.lock'))).toBe(false)
  })

  it('is one call’s of many at once', async () => {
    for (let round = 0; round < 50; round++) {
      const out = fresh()
      const all = await Promise.allSettled(Array.from({ length: 4 }, () => lockFolder(out)))
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })

  it('is not taken from a process that has made its lock and is about to write it', async () => {
    const out = fresh()
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, '.lock'), '')
    const asked = lockFolder(out)
    setTimeout(() => lock(out, living.pid!), 20)
    await expect(asked).rejects.toThrow(`is being written by process ${living.pid}`)
  })

  it('is one build’s of two at once, and whole in the end', async () => {
    const out = fresh()
    const both = await Promise.allSettled([build([made], out), build([made], out)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((result) => result.status === 'rejected')?.reason.message).toMatch('is being written')
    for (const name of ['manifest.jsonl', 'thumbnails.bin'])
      expect(readFileSync(join(out, name))).toEqual(readFileSync(join(dataset, name)))
  })
})

describe('what is half-written', () => {
  it('is told as unfinished: a dataset without header beside its journal', async () => {
    const out = fresh()
    await build([made], out)
    rmSync(join(out, 'dataset.json'))
    expect(() => openDataset(out)).toThrow(`${out} is unfinished: its build was interrupted, run it again`)
  })

  it('is not a dataset of old and new files: the header goes before any other is replaced', async () => {
    const out = fresh()
    await build([made], out)
    rmSync(join(out, 'manifest.jsonl'))
    mkdirSync(join(out, 'manifest.jsonl', 'in the way'), { recursive: true })
    await expect(build([made], out)).rejects.toThrow(/rename/)
    expect(() => openDataset(out)).toThrow('is unfinished')
    rmSync(join(out, 'manifest.jsonl'), { recursive: true })
    await build([made], out)
    expect(openDataset(out).header.counts.kept).toBe(4)
  })

  it('is not indexed nor read: shards whose packing failed, and goes once it succeeds', async () => {
    const [set, out, folder] = [fresh(), fresh(), fresh()]
    await writeSyntheticPairs(folder, { pairs: 4, size: 32 })
    await build([folder], set)
    const last = join(folder, 'ir', readdirSync(join(folder, 'ir')).at(-1)!)
    const bytes = readFileSync(last)
    rmSync(last)
    await expect(writeShards(set, { out, pairs: 2 })).rejects.toThrow(last)
    expect(readdirSync(out)).toContain('mvip-000000.tar')
    await expect(indexShards(out)).rejects.toThrow(`${out} is unfinished`)
    await expect(openSource(out)).rejects.toThrow(`${out} is unfinished`)
    writeFileSync(last, bytes)
    await writeShards(set, { out, pairs: 2 })
    expect((await openSource(out)).count).toBe(4)
    expect(readdirSync(out).sort()).toEqual([
      'index.json',
      'members.jsonl',
      'mvip-000000.tar',
      'mvip-000001.tar',
    ])
  })

  it('is no source: a synthetic set that was stopped, until it is made again', async () => {
    const out = fresh()
    mkdirSync(join(out, 'truth.jsonl'), { recursive: true })
    const make = () => writeBenchmark(out, { sequences: 1, frames: 1, size: 32 })
    await expect(make()).rejects.toThrow('EISDIR')
    await expect(build([out])).rejects.toThrow(`${out} is unfinished`)
    await expect(openSource(out)).rejects.toThrow(`${out} is unfinished`)
    rmSync(join(out, 'truth.jsonl'), { recursive: true })
    await make()
    expect((await openSource(out)).count).toBe(1)
  })

  it('is found when shards are opened: a tar that was copied in part, or not at all', async () => {
    const out = fresh()
    await writeShards(dataset, { out, pairs: 2 })
    const tar = join(out, 'mvip-000001.tar')
    truncateSync(tar, 1000)
    await expect(openSource(out)).rejects.toThrow(/mvip-000001\.tar has 1000 bytes, the index tells of \d+/)
    rmSync(tar)
    await expect(openSource(out)).rejects.toThrow(/mvip-000001\.tar is missing/)
    rmSync(join(out, 'members.jsonl'))
    await expect(openSource(out)).rejects.toThrow(`univ-mvip shard ${out} --index makes it`)
  })
})
