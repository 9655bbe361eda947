import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSafetensors } from '@univ/checkpoint'
import { buildDataset, writeShards, writeSyntheticPairs } from '@univ/mvip'
import type { TokenSet } from '@univ/pccl'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AlignOptions, measureAlignment } from './alignment'
import { golden } from './golden-fixtures'
import { openPairs } from './open-pairs'
import { ownClasses } from './patch-labels'
import { predictAcross, transferScores } from './probe-transfer'
import { alignmentPage } from './report/alignment-page'
import { alignmentTable, timeTable } from './report/alignment-tables'
import { alignmentFindings } from './report/findings'
import { listRgbImages } from './rgb-images'
import { shiftedViews, timeOfDay } from './views'

const root = mkdtempSync(join(tmpdir(), 'univ-align-'))
const data = join(root, 'pairs')
beforeAll(() => writeSyntheticPairs(data, { pairs: 6, size: 96 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const checkpoint = golden('mcmae-tiny/checkpoint.pth')
const options = (): AlignOptions => ({
  checkpoint,
  teacher: checkpoint,
  data: [data],
  labels: [join(data, 'labels')],
  ignore: [],
  size: 96,
  limit: 6,
  shift: { rows: 1, columns: 1 },
  batch: 4,
  engine: 'cpu',
})

describe('alignment', () => {
  it('of an encoder with itself as teacher is the same before and after', async () => {
    const seen: number[] = []
    const alignment = await measureAlignment({ ...options(), onProgress: (done) => seen.push(done) })
    expect(alignment.student).toEqual(alignment.teacher)
    expect(alignment.student.retrieval.irToRgb.queries).toBe(6 * 36)
    expect(alignment.student.shiftedRetrieval.irToRgb.queries).toBe(6 * 25)
    expect(alignment.positionBaseline).toEqual({ plain: 1, shifted: 0 })
    expect(seen.at(-1)).toBe(2 * 4 * 6)
    const { head, rows } = alignmentTable(alignment)
    expect(head).toEqual(['measure', 'guessing', 'place alone', 'before (teacher)', 'after', 'change'])
    for (const row of rows) {
      expect(row[3]).toBe(row[4])
      expect(row[5]).toMatch(/^\+0\.0+( points)?$/)
    }
    const { day, night } = alignment.student.byTime
    expect((day?.pairs ?? 0) + (night?.pairs ?? 0)).toBe(6)
    expect(timeTable(alignment)!.head.length).toBe(1 + 2 * [day, night].filter(Boolean).length)

    const html = await alignmentPage(alignment, { engine: 'cpu', pictures: 2 })
    // Two pairs: both images with three patches before and after, and the same for similarity.
    expect(html.match(/<img [^>]*src="data:image\/webp;base64/g)!.length).toBe(2 * 2 * 7 + 2 * 7)
    expect(html.match(/<svg/g)!.length).toBe(3)
    expect(html).not.toMatch(/(src|href)="https?:/)
    expect(html).toContain('prefers-color-scheme: dark')
  })

  it('says where a split has no pairs, and how far views can be shifted', async () => {
    const only = join(root, 'split.txt')
    writeFileSync(only, 'none.jpg\n')
    await expect(measureAlignment({ ...options(), only })).rejects.toThrow(
      /0 pairs whose stems are in .*split\.txt/,
    )
    await expect(measureAlignment({ ...options(), shift: { rows: 3, columns: 0 } })).rejects.toThrow(
      '--shift 3,0: a grid of 6×6 patches allows at most 2,2',
    )
    expect(() => shiftedViews({ rows: 2, columns: 2 }, [6, 6])).not.toThrow()
  })

  it('is the same from a built dataset and from shards, in figures and pictures', async () => {
    const [built, shards] = [join(root, 'built'), join(root, 'shards')]
    await buildDataset({ sources: [data], out: built, duplicates: 'report', misaligned: 'report' })
    await writeShards(built, { out: shards })
    const measure = (path: string) => measureAlignment({ ...options(), teacher: undefined, data: [path] })
    const folder = await measure(data)
    for (const path of [built, shards]) {
      const other = await measure(path)
      expect(other.student).toEqual(folder.student)
      const html = await alignmentPage(other, { engine: 'cpu', pictures: 1 })
      expect(html.match(/<img /g)).toHaveLength(2 * 4 + 4)
      expect((await listRgbImages(path)).map(({ image }) => typeof image)).toEqual(
        new Array(6).fill('object'),
      )
    }
    await expect(measureAlignment({ ...options(), data: [shards], split: 'val' })).rejects.toThrow(
      'shards hold the one that they were packed from',
    )
  })

  it('spreads a limit over the listing, and tells day from night by the dataset, else by name', async () => {
    const pairs = await openPairs({ data: [data], limit: 3 })
    expect(pairs.map(({ id }) => Number(/\d+/.exec(id)![0]))).toEqual([0, 2, 4])
    expect(['msrs/00123D', 'msrs/00123N', 'x/AND'].map((id) => timeOfDay({ id }))).toEqual([
      'day',
      'night',
      undefined,
    ])
    expect(timeOfDay({ id: 'msrs/00123D', time: 'night' })).toBe('night')
  })
})

describe('the probe', () => {
  // Four images of 1×2 patches; class 0 lies left, class 1 right, and the features say so.
  const classes = Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1)
  const set = (values: readonly number[]): TokenSet => ({
    data: Float32Array.from(values),
    images: 4,
    grid: [1, 2],
    width: 1,
  })
  const rgb = set([-1, 1, -1.1, 1.1, -0.9, 0.9, -1, 1])

  it('answers only for pairs that it has not seen, and place alone answers as well here', () => {
    const predictions = predictAcross(rgb, set([1, -1, -1, 1, -1, 1, -1, 1]), classes)
    expect(transferScores(predictions, classes, 4, [0, 1, 2, 3])).toEqual({
      rgb: 1,
      ir: 0.75,
      majority: 0.5,
      position: 1,
    })
    expect(transferScores(predictions, classes, 4, [0]).ir).toBe(0)
  })

  it('takes the classes of the classifier beside a teacher, else clusters', async () => {
    const file = join(root, 'teacher.safetensors')
    expect((await ownClasses(file, rgb)).source).toBe('clusters')
    await writeSafetensors(join(root, 'teacher.extras.safetensors'), {
      'classifier.weight': { shape: [2, 1], dtype: 'float32', data: Float32Array.of(-1, 1) },
      'classifier.bias': { shape: [2], dtype: 'float32', data: Float32Array.of(0, 0) },
    })
    expect(await ownClasses(file, rgb)).toEqual({ classes, source: 'teacher' })
  })
})

it('a report says when features tell places instead of contents', () => {
  const direction = (top1: number) => ({ top1, within1: top1, queries: 1 })
  const both = (top1: number) => ({ irToRgb: direction(top1), rgbToIr: direction(top1) })
  const scores = {
    pairs: 2,
    retrieval: both(0.56),
    shiftedRetrieval: both(0.002),
    cka: 0,
    cosine: 0,
    separability: { rgb: 0, ir: 0 },
    probe: { rgb: 0.74, ir: 0.57, majority: 0.3, position: 0.6 },
    byTime: {},
  }
  const found = alignmentFindings({
    grid: [14, 14],
    shift: { rows: 2, columns: 2 },
    student: scores,
    teacher: { ...scores, probe: { ...scores.probe, rgb: 0.97 } },
  })
  expect(found.map((line) => line.slice(0, 24))).toEqual([
    'Retrieval finds 56.0 % o',
    'The probe on infrared (5',
    'On RGB the probe lost 23',
  ])
})
