import {
  cpSync,
  existsSync,
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
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDataset } from '../manifest/open-dataset'
import type { ManifestRecord } from '../manifest/record'
import { writeSyntheticPairs } from '../synthetic/write'
import { verifyDataset } from '../verify/verify-dataset'
import { type BuildReport, buildDataset } from './build-dataset'
import type { BuildOptions } from './options'
import { splitDataset } from './split-dataset'

const root = mkdtempSync(join(tmpdir(), 'univ-build-'))
const made = join(root, 'made')
beforeAll(() => writeSyntheticPairs(made, { pairs: 12, size: 128 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let number = 0

const fresh = (name: string): string => join(root, `${name}-${number++}`)

async function build(
  sources: readonly string[],
  options: Partial<BuildOptions> = {},
): Promise<
  BuildReport & { records: ManifestRecord[]; dropped: { id: string; reason: string; detail: string }[] }
> {
  const report = await buildDataset({ sources, out: fresh('out'), workers: 1, ...options })
  const records: ManifestRecord[] = []
  for await (const record of openDataset(report.out).records()) records.push(record)
  const dropped = readFileSync(join(report.out, 'dropped.jsonl'), 'utf8').split('\n').filter(Boolean)
  return { ...report, records, dropped: dropped.map((line) => JSON.parse(line)) }
}

/** A copy of the made set that a test may damage. */
function damaged(change: (path: (name: string) => string, names: string[]) => void): string {
  const folder = fresh('damaged')
  cpSync(made, folder, { recursive: true })
  change((name) => join(folder, name), readdirSync(join(folder, 'vi')).sort())
  return folder
}

const bytesOf = (folder: string) =>
  ['manifest.jsonl', 'manifest.parquet', 'thumbnails.bin', 'dropped.jsonl', 'dataset.json'].map((name) =>
    readFileSync(join(folder, name)),
  )

describe('building a dataset', () => {
  it('records every pair with sizes, hashes, split, hour, alignment, notes and thumbnail', async () => {
    const { records, out, header } = await build([made], { duplicates: 'report' })
    expect(records).toHaveLength(12)
    expect(header.roots).toMatchObject([{ layout: 'folders' }])
    const [first] = records
    expect(first).toMatchObject({
      source: expect.stringMatching(/^made/),
      vi: { width: 128, height: 128, format: 'png', depth: 'uchar', crop: null },
      alignment: { verdict: expect.any(String), shifted: false },
      annotations: [
        { kind: 'label-map', of: null },
        { kind: 'yolo', of: null },
      ],
    })
    const { offset, length } = first!.thumbnail
    const picture = readFileSync(join(out, 'thumbnails.bin')).subarray(offset, offset + length)
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'webp', width: 96, height: 48 })
    const time = Object.fromEntries(records.map(({ id, time }) => [id, time]))
    for (const id of Object.keys(time)) expect(time[id]).toBe(id.endsWith('D') ? 'day' : 'night')
  })

  it('gives the same bytes whatever the workers, and after an interruption', async () => {
    const [one, two] = [fresh('bytes'), fresh('bytes')]
    await build([made], { out: one, parquet: true })
    await build([made], { out: two, workers: 2, parquet: true })
    expect(bytesOf(two)).toEqual(bytesOf(one))

    const broken = fresh('bytes')
    const stop = new Error('stopped')
    const interrupted = buildDataset({
      sources: [made],
      out: broken,
      workers: 1,
      parquet: true,
      onProgress: (done) => {
        if (done === 5) throw stop
      },
    })
    await expect(interrupted).rejects.toBe(stop)
    expect(existsSync(join(broken, 'manifest.jsonl'))).toBe(false)
    const resumed = await build([made], { out: broken, parquet: true })
    expect(resumed.recalled).toBe(5)
    expect(bytesOf(broken)).toEqual(bytesOf(one))
  })

  it('looks again at a file that changed, and at no other', async () => {
    const folder = damaged(() => undefined)
    const out = fresh('changed')
    await build([folder], { out })
    const names = readdirSync(join(folder, 'vi')).sort()
    await sharp(join(folder, 'vi', names[4]!))
      .negate()
      .png()
      .toFile(join(folder, 'new.png'))
    cpSync(join(folder, 'new.png'), join(folder, 'vi', names[4]!))
    for (const kind of ['vi', 'ir']) rmSync(join(folder, kind, names[7]!))
    expect((await build([folder], { out })).recalled).toBe(10)
  })

  it('writes a Parquet table that says what the lines say', async () => {
    const { out, records } = await build([made], { parquet: true })
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(out, 'manifest.parquet')) })
    expect(rows).toHaveLength(records.length)
    rows.forEach((row, i) => {
      const { id, vi, ir, alignment } = records[i]!
      expect(row).toMatchObject({
        id,
        vi_path: vi!.path,
        vi_bytes: vi!.bytes,
        ir_sha256: ir!.sha256,
        vi_crop_left: null,
        alignment_dx: alignment!.dx,
      })
    })
  })

  it('is divided anew by sequence: lines, Parquet table and counts alike, the same every time', async () => {
    const { out, records } = await build([made], { parquet: true, duplicates: 'report' })
    const shares = { train: 0.5, val: 0.25, test: 0.25 }
    const { counts } = await splitDataset(out, shares, 3)
    const divided: ManifestRecord[] = []
    for await (const record of openDataset(out).records()) divided.push(record)
    expect(divided.map(({ split: _, ...rest }) => rest)).toEqual(records.map(({ split: _, ...rest }) => rest))
    for (const split of ['train', 'val', 'test'] as const)
      expect(counts[`split ${split}`] ?? 0).toBe(divided.filter((record) => record.split === split).length)
    expect(divided.filter(({ split }) => split === 'train').length).toBeLessThan(9)
    const groups = new Map(divided.map(({ sequence, split }) => [sequence, split]))
    for (const { sequence, split } of divided) expect(split).toBe(groups.get(sequence))
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(out, 'manifest.parquet')) })
    expect(rows.map(({ split }) => split)).toEqual(divided.map(({ split }) => split))
    const once = bytesOf(out)
    await splitDataset(out, shares, 3)
    expect(bytesOf(out)).toEqual(once)
    expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('leaves nothing behind where it refuses its sources', async () => {
    const out = fresh('refused')
    await expect(buildDataset({ sources: [join(root, 'nowhere')], out })).rejects.toThrow('nowhere')
    expect(existsSync(out)).toBe(false)
  })

  it('leaves out broken, exchanged and doubled pairs and says why', async () => {
    const folder = damaged((path, names) => {
      truncateSync(path(`ir/${names[1]}`), 200)
      writeFileSync(path(`vi/${names[2]}`), '')
      const [vi, ir] = [readFileSync(path(`vi/${names[3]}`)), readFileSync(path(`ir/${names[3]}`))]
      writeFileSync(path(`vi/${names[3]}`), ir)
      writeFileSync(path(`ir/${names[3]}`), vi)
      for (const kind of ['vi', 'ir']) cpSync(path(`${kind}/${names[5]}`), path(`${kind}/copy.png`))
    })
    const { dropped, header, records } = await build([folder])
    const names = readdirSync(join(made, 'vi')).sort()
    const reasons = Object.fromEntries(dropped.map(({ id, reason }) => [id.replace(/^.*\//, ''), reason]))
    const stem = (i: number) => names[i]!.replace('.png', '')
    expect(reasons).toMatchObject({
      [stem(1)]: 'unreadable',
      [names[2]!]: 'unlisted',
      [stem(3)]: 'swapped',
      copy: 'duplicate',
    })
    expect(dropped.find(({ reason }) => reason === 'duplicate')!.detail).toMatch(
      /^0 of 128 bits from .*\d[DN]$/,
    )
    expect(header.counts).toMatchObject({ kept: records.length, unreadable: 1, swapped: 1 })
  })

  it('finds pairs that lie apart, and drops or shifts them', async () => {
    const by = { x: 9, y: -6 }
    const folder = fresh('apart')
    for (const kind of ['vi', 'ir']) mkdirSync(join(folder, kind), { recursive: true })
    const whole = fresh('whole')
    await writeSyntheticPairs(whole, { pairs: 4, size: 256 })
    for (const name of readdirSync(join(whole, 'vi'))) {
      const cut = (kind: string, left: number, top: number) =>
        sharp(join(whole, kind, name))
          .extract({ left, top, width: 200, height: 200 })
          .toFile(join(folder, kind, name))
      await cut('vi', 28, 28)
      // What stands at x in the visible image stands at x + 9 here.
      await cut('ir', 28 - by.x, 28 - by.y)
    }
    const reported = await build([folder], { duplicates: 'report' })
    for (const { alignment } of reported.records) {
      expect(Math.abs(alignment!.dx - by.x)).toBeLessThan(1)
      expect(Math.abs(alignment!.dy - by.y)).toBeLessThan(1)
      expect(alignment!.verdict).toBe('misaligned')
    }
    await expect(build([folder], { misaligned: 'drop' })).rejects.toThrow(/nothing is left/)
    const shifted = await build([folder], { misaligned: 'shift', duplicates: 'report' })
    for (const { vi, ir, alignment } of shifted.records) {
      expect(alignment!.shifted).toBe(true)
      expect(Math.abs(ir!.crop!.left - vi!.crop!.left - by.x)).toBeLessThanOrEqual(1)
      expect(Math.abs(ir!.crop!.top - vi!.crop!.top - by.y)).toBeLessThanOrEqual(1)
      expect([vi!.crop!.width, vi!.crop!.height]).toEqual([ir!.crop!.width, ir!.crop!.height])
    }
  })

  it('cuts a white border where there is one', async () => {
    const folder = fresh('border')
    for (const kind of ['trainimg', 'trainimgr']) mkdirSync(join(folder, kind), { recursive: true })
    const name = readdirSync(join(made, 'vi'))[0]!
    for (const [kind, from] of [
      ['trainimg', 'vi'],
      ['trainimgr', 'ir'],
    ]) {
      const file = join(made, from!, name)
      await sharp(file)
        .extend({ top: 100, bottom: 100, left: 100, right: 100, background: '#fff' })
        .toFile(join(folder, kind!, 'a.png'))
      cpSync(file, join(folder, kind!, 'b.png'))
    }
    const { records } = await build([folder], { duplicates: 'report' })
    expect(records.map(({ vi, ir }) => [vi!.crop, ir!.crop])).toEqual([
      [
        { left: 100, top: 100, width: 128, height: 128 },
        { left: 100, top: 100, width: 128, height: 128 },
      ],
      [null, null],
    ])
    expect(records[1]!.vi!.phash).toBe(records[0]!.vi!.phash)
  })

  it('keeps images of the oddest shapes', async () => {
    const folder = fresh('shapes')
    const shapes: [string, number, number][] = [
      ['flat', 20000, 8],
      ['tall', 1, 5000],
      ['dot', 1, 1],
    ]
    for (const kind of ['vi', 'ir']) {
      mkdirSync(join(folder, kind), { recursive: true })
      for (const [name, width, height] of shapes)
        await sharp({ create: { width, height, channels: 3, background: '#468' } })
          .png()
          .toFile(join(folder, kind, `${name}.png`))
    }
    const { records } = await build([folder], { duplicates: 'report', thumbnail: 1024 })
    expect(records.map(({ vi }) => vi!.width)).toEqual([1, 20000, 1])
  })

  it('refuses options that make no sense', async () => {
    await expect(build([made], { duplicateDistance: 9 })).rejects.toThrow(
      /duplicateDistance 9: a whole number from 0 to 7/,
    )
    await expect(build([made], { thumbnail: 4000 })).rejects.toThrow(
      /thumbnail 4000: a whole number from 8 to 1024/,
    )
    for (const [name, wrong] of [
      ['seed', -1],
      ['tolerance', Number.NaN],
      ['frameStep', 0],
      ['frameDistance', 1.5],
      ['sceneDistance', 129],
    ] as const)
      await expect(build([made], { [name]: wrong })).rejects.toThrow(`${name} ${wrong}: a`)
    await expect(build([made, made])).rejects.toThrow(/given twice/)
    await expect(build([])).rejects.toThrow(/no data folder/)
  })
})

describe('verifying a dataset', () => {
  it('finds missing, empty, truncated, exchanged, resized and changed files, each by name', async () => {
    const folder = damaged(() => undefined)
    const { out, records } = await build([folder], { duplicates: 'report' })
    expect(await verifyDataset(out)).toMatchObject({ pairs: 12, images: 24, findings: [], counts: {} })
    const path = (i: number, modality: 'vi' | 'ir') => join(folder, records[i]![modality]!.path)
    rmSync(path(0, 'vi'))
    writeFileSync(path(1, 'ir'), '')
    truncateSync(path(2, 'vi'), 300)
    const [vi, ir] = [readFileSync(path(3, 'vi')), readFileSync(path(3, 'ir'))]
    writeFileSync(path(3, 'vi'), ir)
    writeFileSync(path(3, 'ir'), vi)
    writeFileSync(path(4, 'ir'), await sharp(path(4, 'ir')).resize(64, 64).png().toBuffer())
    writeFileSync(path(5, 'vi'), await sharp(path(5, 'vi')).negate().png().toBuffer())
    const { findings, counts } = await verifyDataset(out)
    expect(findings.map(({ id, modality, fault }) => [id, modality, fault])).toEqual([
      [records[0]!.id, 'vi', 'missing'],
      [records[1]!.id, 'ir', 'empty'],
      [records[2]!.id, 'vi', 'unreadable'],
      [records[3]!.id, 'vi', 'swapped'],
      [records[3]!.id, 'ir', 'swapped'],
      [records[4]!.id, 'ir', 'wrong-size'],
      [records[5]!.id, 'vi', 'changed'],
    ])
    expect(counts).toEqual({ missing: 1, empty: 1, unreadable: 1, swapped: 2, 'wrong-size': 1, changed: 1 })
    expect(findings[5]!.detail).toBe('64 × 64, recorded were 128 × 128')
  })

  it('refuses manifests that are cut, climb out of their root or are none', async () => {
    const { out } = await build([made], { duplicates: 'report' })
    const manifest = join(out, 'manifest.jsonl')
    const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n')
    writeFileSync(manifest, lines.slice(1).join('\n'))
    await expect(verifyDataset(out)).rejects.toThrow(/has 11 lines and its header tells of 12/)
    writeFileSync(manifest, lines.join('\n').replace('"path":"vi/', '"path":"../vi/'))
    await expect(verifyDataset(out)).rejects.toThrow(/manifest\.jsonl:1: vi\.path: a path below the root/)
    writeFileSync(manifest, '{"id": 3}\n')
    await expect(verifyDataset(out)).rejects.toThrow(/manifest\.jsonl:1: id: /)
    writeFileSync(manifest, '{"id":\n')
    await expect(verifyDataset(out)).rejects.toThrow(/manifest\.jsonl:1: no JSON/)
    expect(() => openDataset(made)).toThrow(/is no dataset: .*dataset\.json is missing/)
    const notes = join(made, 'notes.txt')
    writeFileSync(notes, '')
    expect(() => openDataset(notes)).toThrow(
      `${notes} is no dataset: ${join(made, 'dataset.json')} is missing`,
    )
    rmSync(notes)
  })
})
