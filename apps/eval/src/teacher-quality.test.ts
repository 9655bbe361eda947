import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDataset, writeSyntheticPairs } from '@univ/mvip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { golden } from './golden-fixtures'
import { bestRows, teacherPage, teacherTable } from './report/teacher-page'
import { listRgbImages } from './rgb-images'
import { measureTeacher, pooled, type TeacherOptions } from './teacher-quality'

const root = mkdtempSync(join(tmpdir(), 'univ-teacher-'))
const data = join(root, 'pairs')
const bare = join(root, 'bare')
beforeAll(async () => {
  await writeSyntheticPairs(data, { pairs: 3, size: 96 })
  mkdirSync(bare)
  for (const name of ['FLIR_05164', 'FLIR_07202'])
    copyFileSync(golden(`mcmae-tiny/images/rgb-${name}.png`), join(bare, `${name}.png`))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const options = (folder: string): TeacherOptions => ({
  checkpoint: golden('mcmae-tiny/checkpoint.pth'),
  data: folder,
  ignore: [],
  size: 96,
  limit: 3,
  batch: 2,
  engine: 'cpu',
  pictures: 1,
})

describe('teacher quality', () => {
  it('has a row for every source and layer, with precision where there are labels', async () => {
    const quality = await measureTeacher(options(data))
    expect(quality.rows.map(({ source, layer }) => `${source}/${layer}`)).toEqual([
      'attention/0',
      'attention/1',
      'keys/0',
      'keys/1',
      'features/0',
      'features/1',
    ])
    expect(quality.images).toBe(3)
    for (const row of quality.rows) {
      // Random attention may put more than the mass on one patch: such a row has no positive.
      expect(row.positiveRate > 0 || row.emptyRows === 1).toBe(true)
      expect(row.precision).toBeLessThanOrEqual(1)
      expect(row.baseRate).toBeLessThan(1)
    }
    expect(teacherTable(quality).head).toContain('precision')
    const html = await teacherPage(quality, 96)
    expect(html.match(/<svg/g)!.length).toBe(4)
    expect(html.match(/<img/g)!.length).toBe(2 * 4) // two patches: the image and three sources
    for (const source of ['attention', 'keys', 'features']) expect(html).toContain(`${source}, layer 1: `)
    expect(html).not.toMatch(/layer 0: \d| 1 positives/)
  })

  it('marks the best precision where nearly every patch has positives', () => {
    const row = (layer: number, precision: number, emptyRows: number) =>
      ({ source: 'keys', layer, precision, emptyRows, positiveRate: 0.1, distance: 1 }) as const
    const rows = [row(0, 0.9, 0.3), row(1, 0.6, 0.01), row(2, 0.5, 0)]
    expect(bestRows({ rows })).toEqual([rows[1]])
    expect(bestRows({ rows: rows.slice(0, 1) })).toEqual([])
    expect(bestRows({ rows: rows.map(({ precision: _, ...rest }) => rest) })).toEqual([])
  })

  it('says where learned logits start: with them the features tell their labels better than the rate does', async () => {
    const { rows } = await measureTeacher({ ...options(data), temperature: 1 })
    const { positiveRate: p, logits } = rows.at(-1)!
    expect(logits!.loss).toBeLessThan(-p * Math.log(p) - (1 - p) * Math.log(1 - p))
    expect(logits!.scale).toBeGreaterThan(0)
  })

  it('goes without labels', async () => {
    const quality = await measureTeacher({ ...options(bare), pictures: 0 })
    expect(quality.rows.every(({ precision }) => precision === undefined)).toBe(true)
    expect(teacherTable(quality).head).not.toContain('precision')
    expect(await teacherPage(quality, 96)).not.toContain('<img')
  })

  it('counts every positive alike over images', () => {
    const quality = (positiveRate: number, precision?: number) => ({
      positiveRate,
      distance: 10 * positiveRate,
      emptyRows: 0,
      ...(precision === undefined ? {} : { precision, baseRate: 0.5 }),
    })
    const all = pooled([quality(0.1, 1), quality(0.3, 0), quality(0.2)])
    expect(all.positiveRate).toBeCloseTo(0.2)
    expect(all.distance).toBeCloseTo((0.1 * 1 + 0.3 * 3 + 0.2 * 2) / 0.6)
    expect(all.precision).toBeCloseTo(0.25) // the image without labels does not count
    expect(pooled([quality(0.1)])).not.toHaveProperty('precision')
  })

  it('is the same of the dataset that is built of the images, whose label maps it finds', async () => {
    const out = join(root, 'set')
    await buildDataset({ sources: [data], out, workers: 1, duplicates: 'report' })
    const { shown: _, ...figures } = await measureTeacher(options(data))
    expect(await measureTeacher(options(out))).toMatchObject(figures)
    expect(figures.rows[0]).toHaveProperty('precision')
  })

  it('names what is missing', async () => {
    await expect(listRgbImages(join(root, 'none'))).rejects.toThrow(/data folder .*none does not exist/)
    await expect(listRgbImages(bare, join(data, 'labels'))).rejects.toThrow(
      /FLIR_05164\.png has no label PNG/,
    )
    expect((await listRgbImages(data))[0]!.labels).toContain(join('pairs', 'labels'))
  })
})
