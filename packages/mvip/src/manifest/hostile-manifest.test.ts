import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../build/build-dataset'
import { openShardIndex } from '../shards/shard-index'
import { writeShards } from '../shards/write-shards'
import { openSource } from '../sources/open-source'
import { writeSyntheticPairs } from '../synthetic/write'
import { verifyDataset } from '../verify/verify-dataset'
import { openDataset } from './open-dataset'
import { writeParquet } from './parquet'

const root = mkdtempSync(join(tmpdir(), 'univ-hostile-'))
const built = join(root, 'set')
beforeAll(async () => {
  await writeSyntheticPairs(join(root, 'made'), { pairs: 4, size: 32 })
  await buildDataset({
    sources: [join(root, 'made')],
    out: built,
    duplicates: 'report',
    parquet: true,
    workers: 1,
  })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))
let number = 0

function damaged(name: string, change: (text: string) => string): string {
  const folder = join(root, `damaged-${number++}`)
  cpSync(built, folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  return folder
}

// biome-ignore lint/suspicious/noExplicitAny: a line is damaged in ways that no type knows
type Line = any
const third = (change: (line: Line, lines: Line[]) => void) => (text: string) => {
  const lines: Line[] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  change(lines[2], lines)
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

async function readAll(folder: string): Promise<number> {
  let lines = 0
  for await (const _ of openDataset(folder).records()) lines++
  return lines
}

describe('a manifest that was damaged', () => {
  it.each<[what: string, change: (text: string) => string, said: RegExp]>([
    [
      'a field is missing',
      third(({ vi }) => delete vi.sha256),
      /:3: vi\.sha256: is missing, a string is wanted$/,
    ],
    [
      'a field is of another type',
      third((line) => {
        line.frame = 'x'
      }),
      /:3: frame: .*expected number, received string/,
    ],
    [
      'a size is negative',
      third(({ ir }) => {
        ir.bytes = -1
      }),
      /:3: ir\.bytes: .*>=0/,
    ],
    [
      'a size is beyond all sizes',
      third(({ vi }) => {
        vi.width = 1e300
      }),
      /:3: vi\.width: Too big/,
    ],
    [
      'a path climbs',
      third(({ vi }) => {
        vi.path = 'vi/../../x'
      }),
      /:3: vi\.path: a path below the root/,
    ],
    [
      'a path is absolute',
      third(({ ir }) => {
        ir.path = '/etc/passwd'
      }),
      /:3: ir\.path: a path below the root/,
    ],
    [
      'an annotation is a drive',
      third(({ annotations }) => {
        annotations[0].path = 'C:/x'
      }),
      /:3: annotations\.0\.path: /,
    ],
    [
      'a split is unknown',
      third((line) => {
        line.split = 'training'
      }),
      /:3: split: .*"train"\|"val"\|"test"/,
    ],
    [
      'a modality is unknown',
      third((line) => {
        line.uv = line.ir
      }),
      /:3: the line: Unrecognized key: "uv"/,
    ],
    [
      'both images are gone',
      third((line) => {
        line.vi = line.ir = null
      }),
      /:3: vi: null like ir: an image is wanted/,
    ],
    [
      'a root is none of the header’s',
      third((line) => {
        line.root = 7
      }),
      /:3: root: 7 is named, and the header has 1/,
    ],
    [
      'a crop leaves the image',
      third(({ vi }) => {
        vi.crop = { left: 20, top: 0, width: 20, height: 9 }
      }),
      /:3: vi\.crop: a rectangle within/,
    ],
    [
      'there are no means',
      third(({ vi }) => {
        vi.mean = []
      }),
      /:3: vi\.mean: Too small/,
    ],
    [
      'a hash is short',
      third(({ vi }) => {
        vi.sha256 = 'abc'
      }),
      /:3: vi\.sha256: 64 digits of 0-9 and a-f are wanted/,
    ],
    [
      'a thumbnail is huge',
      third((line) => {
        line.thumbnail.length = 2 ** 33
      }),
      /:3: thumbnail\.length: Too big: .*<=16777216/,
    ],
    [
      'two have one id',
      third((line, lines) => {
        line.id = lines[0].id
      }),
      /:3: id: "made\/\S+" is that of line 1 too; ids are unique/,
    ],
    ['a score is NaN', (text) => text.replace(/"score":[\d.]+/, '"score":NaN'), /:1: no JSON/],
    [
      'a score is infinite',
      (text) => text.replace(/"score":[\d.]+/, '"score":1e999'),
      /:1: alignment\.score: .*Infinity/,
    ],
    ['a line is cut', (text) => text.slice(0, -100), /:4: no JSON/],
    [
      'lines are missing',
      (text) => text.slice(0, text.indexOf('\n') + 1),
      /: has 1 lines and its header tells of 4: it is cut or mixed/,
    ],
    ['it is empty', () => '', /: has 0 lines and its header tells of 4/],
    ['it is a Parquet file', () => readFileSync(join(built, 'manifest.parquet'), 'latin1'), /:1: no JSON/],
    [
      'a line is null',
      third((_, lines) => {
        lines[2] = null
      }),
      /:3: the line: .*received null/,
    ],
  ])('is refused by every reader with file, line and field: %s', async (_, change, said) => {
    const folder = damaged('manifest.jsonl', change)
    const message = new RegExp(`^${folder}/manifest\\.jsonl${said.source}`)
    for (const read of [readAll, verifyDataset, openSource])
      await expect(read(folder)).rejects.toThrow(message)
  })

  it('may be a part that somebody chose, under another name', async () => {
    const folder = damaged('manifest.jsonl', (text) => text)
    const [first] = readFileSync(join(folder, 'manifest.jsonl'), 'utf8').split('\n')
    writeFileSync(join(folder, 'few.jsonl'), `${first}\n`)
    expect(await readAll(join(folder, 'few.jsonl'))).toBe(1)
  })
})

describe('a header', () => {
  const changed = (change: (header: Line) => Line) => (text: string) =>
    JSON.stringify(change(JSON.parse(text)))
  it.each<[what: string, change: (header: Line) => Line, said: string]>([
    [
      'of a later version',
      (h) => ({ ...h, version: 3 }),
      'is of version 3 and this program reads version 1 and 2: take a newer univ-mvip',
    ],
    [
      'of no version',
      ({ version, ...h }) => h,
      'is of version none and this program reads version 1 and 2: write it again',
    ],
    [
      'of another format',
      (h) => ({ ...h, format: 'coco' }),
      `is none of univ-mvip's: its format is "coco", "univ-mvip" is wanted`,
    ],
    ['that is a list', () => [], `is none of univ-mvip's: its format is none`],
    ['without roots', (h) => ({ ...h, roots: [] }), 'roots: Too small'],
  ])('%s is refused', (_, change, said) => {
    const folder = damaged('dataset.json', changed(change))
    expect(() => openDataset(folder)).toThrow(`${folder}/dataset.json: ${said}`)
  })

  it('of shards of a later version is refused in the same words', async () => {
    const out = join(root, 'shards')
    await writeShards(built, { out })
    const file = join(out, 'index.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 2', '"version": 3'))
    expect(() => openShardIndex(out)).toThrow(
      `${file}: is of version 3 and this program reads version 1 and 2: take a newer`,
    )
  })
})

describe('the Parquet copy', () => {
  it('is compared with the manifest by verify: what it says, and whether it is one', async () => {
    expect(await verifyDataset(built)).toMatchObject({ findings: [] })
    const folder = damaged('manifest.jsonl', (text) => text)
    const file = join(folder, 'manifest.parquet')
    const lines = readFileSync(join(folder, 'manifest.jsonl'), 'utf8').trimEnd().split('\n')
    const other = join(folder, 'other.jsonl')
    const copyOf = async (changed: readonly string[]) => {
      writeFileSync(other, `${changed.join('\n')}\n`)
      await writeParquet(other, file)
    }
    await copyOf(lines.map((line, i) => (i === 1 ? line.replace(/"split":"\w+"/, '"split":"test"') : line)))
    const split = JSON.parse(lines[1]!).split
    await expect(verifyDataset(folder)).rejects.toThrow(
      new RegExp(`manifest\\.parquet: row 2 \\(made/\\S+\\): split is "test", the manifest has "${split}"`),
    )
    await copyOf(lines.slice(1, 2))
    await expect(verifyDataset(folder)).rejects.toThrow(/manifest\.parquet: row 1 /)
    await copyOf(lines.slice(0, 3))
    await expect(verifyDataset(folder)).rejects.toThrow(/manifest\.parquet: has 3 rows, and \S+ 4 lines/)
    truncateSync(file, 500)
    await expect(verifyDataset(folder)).rejects.toThrow(
      /manifest\.parquet: cannot be read as Parquet \(.*\); univ-mvip build --parquet/,
    )
    for (const text of ['', 'name,value\n', 'PAR1'.repeat(9)]) {
      writeFileSync(file, text)
      await expect(verifyDataset(folder)).rejects.toThrow(/manifest\.parquet: cannot be read as Parquet/)
    }
    expect(() => openDataset(file)).toThrow(`${file} is a copy for other programs: give the folder`)
  })
})

it('thumbnails that are cut are told by verify', async () => {
  const folder = damaged('manifest.jsonl', (text) => text)
  truncateSync(join(folder, 'thumbnails.bin'), 100)
  await expect(verifyDataset(folder)).rejects.toThrow(
    /thumbnails\.bin: has 100 bytes, and \S+ tells of \d+: it is cut/,
  )
})
