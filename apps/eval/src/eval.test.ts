import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensors } from '@univ/checkpoint'
import { writeSyntheticPairs } from '@univ/mvip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureAlignment } from './alignment'
import { extractFeatures } from './features'
import { numberList, repeated, wholeNumber } from './options'
import { alignmentPage } from './report/alignment-page'
import { alignmentTable } from './report/alignment-table'
import { escapeHtml, textTable } from './report/page'
import { teacherPage } from './report/teacher-page'
import { measureTeacher } from './teacher-quality'

const golden = (name: string) =>
  new URL(`../../../fixtures/golden/mcmae-tiny/${name}`, import.meta.url).pathname
const root = mkdtempSync(join(tmpdir(), 'univ-eval-'))
const data = join(root, 'pairs')
beforeAll(() => writeSyntheticPairs(data, { pairs: 4, size: 96 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const shared = { checkpoint: golden('checkpoint.pth'), size: 96, ignore: [], engine: 'cpu' as const }

describe('features', () => {
  it('are PyTorch’s, for images of the right size', async () => {
    const out = join(root, 'features.safetensors')
    const images = ['FLIR_05164', 'FLIR_07202'].map((name) => golden(`images/ir-${name}.png`))
    await extractFeatures({ checkpoint: shared.checkpoint, modality: 'ir', images, out, engine: 'cpu' })
    const [ours, theirs] = [await readSafetensors(out), await readSafetensors(golden('features.safetensors'))]
    expect([...ours.tensors.keys()].sort()).toEqual(['attention', 'tokens'])
    expect(ours.tensors.get('attention')!.shape).toEqual([2, 4, 196, 196])
    const wanted = theirs.tensors.get('ir_tokens')!.data as Float32Array
    ours.tensors
      .get('tokens')!
      .data.forEach((value, i) => void expect(Math.abs(Number(value) - wanted[i]!)).toBeLessThan(1e-4 * 5))
  })

  it('refuse images of different sizes by name', async () => {
    const images = [golden('images/ir-FLIR_05164.png'), join(data, 'ir', readdirSync(join(data, 'ir'))[0]!)]
    await expect(
      extractFeatures({
        checkpoint: shared.checkpoint,
        modality: 'ir',
        images,
        out: join(root, 'x'),
        engine: 'cpu',
      }),
    ).rejects.toThrow(/96×96.*224×224: give --size/)
  })
})

describe('alignment', () => {
  it('of an encoder with itself as teacher is the same before and after', async () => {
    const alignment = await measureAlignment({
      ...shared,
      teacher: shared.checkpoint,
      data: [data],
      labels: join(data, 'labels'),
      limit: 4,
      shift: { rows: 1, columns: 1 },
    })
    expect(alignment.student).toEqual(alignment.teacher)
    expect(alignment.student.retrieval.irToRgb.queries).toBe(4 * 36)
    expect(alignment.student.shiftedRetrieval.irToRgb.queries).toBe(4 * 25)
    for (const row of alignmentTable(alignment).rows) expect(row[1]).toBe(row[2])
    const html = await alignmentPage(alignment, shared)
    expect(html.match(/<img src="data:image\/png;base64/g)!.length).toBe(3 * 3 * 4 + 3 * 3 * 2)
    expect(html.match(/<svg/g)!.length).toBe(2)
    expect(html).not.toMatch(/(src|href)="https?:/)
  })
})

describe('teacher quality', () => {
  it('has a row for every layer and source', async () => {
    const { rows, images } = await measureTeacher({ ...shared, data, limit: 3 })
    expect([rows.length, images]).toEqual([2 * 3, 3])
    for (const row of rows) {
      // Random attention may put more than the mass on one patch: such a row has no positive.
      expect(row.positiveRate > 0 || row.emptyRows === 1).toBe(true)
      expect(row.precision).toBeGreaterThanOrEqual(0)
      expect(row.baseRate).toBeLessThan(1)
    }
    expect(teacherPage(rows, images)).toContain('<svg')
  })
})

describe('the command line', () => {
  it('takes several values after a flag', () => {
    expect(repeated(['--image', 'a.png', 'b.png', '--out', 'x', '--image=c.png'], 'image')).toEqual([
      'a.png',
      'b.png',
      'c.png',
    ])
    expect(() => repeated([], 'image')).toThrow('--image is missing')
  })

  it('names a flag with a wrong number', () => {
    expect(() => wholeNumber('size', '1.5')).toThrow('--size 1.5: a whole number of at least 1 is wanted')
    expect(numberList('ignore', '11, 255')).toEqual([11, 255])
  })

  it('prints tables in columns, and escapes names in pages', () => {
    expect(textTable(['a', 'bb'], [['long', '1']])).toBe('a     bb\n----  --\nlong   1')
    expect(escapeHtml('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;')
  })

  it('is linked under the repo’s node_modules', () => {
    expect(readFileSync(new URL('../bin/univ-eval.js', import.meta.url), 'utf8')).toContain('../dist/main.js')
  })
})
