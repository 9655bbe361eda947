import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { writeSyntheticPairs } from '@univ/mvip'
import { loadDetector } from '@univ/train'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DetectionOptions, measureDetection } from './detection'
import { openJournal } from './journal'
import { detectionPage } from './report/detection-page'
import { detectionClassTable, detectionTable } from './report/detection-tables'
import { writeDetector } from './testing/write-detector'

const root = mkdtempSync(join(tmpdir(), 'univ-detection-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const checkpoint = join(root, 'last.safetensors')
const classes = ['sky', 'building', 'road', 'pavement', 'vegetation', 'car', 'person', 'pole']

beforeAll(async () => {
  await writeSyntheticPairs(join(root, 'data'), { pairs: 3, size: 64 })
  await writeDetector(checkpoint, classes, null)
})

const options = (): DetectionOptions => ({
  checkpoint,
  source: {
    images: { rgb: join(root, 'data', 'vi'), ir: join(root, 'data', 'ir') },
    annotations: { format: 'yolo', path: join(root, 'data', 'boxes') },
  },
  onBad: 'refuse',
  batch: 2,
  engine: 'cpu',
})

describe('measuring a detector', () => {
  it('scores every modality and shows its pictures', async () => {
    const seen: number[] = []
    const result = await measureDetection({
      ...options(),
      beside: checkpoint,
      onProgress: (done) => void seen.push(done),
    })
    expect(seen.at(-1)).toBe(12) // 3 scenes, 2 modalities, 2 detectors
    expect(Object.keys(result.detector.scores)).toEqual(['rgb', 'ir'])
    expect(result.beside?.scores).toEqual(result.detector.scores)
    expect(result.detector.found.rgb!.detections.length).toBeGreaterThan(0)
    for (const { box } of result.detector.found.rgb!.detections) {
      expect(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 64.01 && box[1] + box[3] <= 64.01).toBe(true)
    }
    expect(detectionTable(result).rows.map(([name]) => name)).toEqual([
      'visible',
      'infrared',
      'visible, beside',
      'infrared, beside',
    ])
    const byClass = detectionClassTable(result)
    expect(byClass.rows.map(([name]) => name)).toEqual(classes)
    expect(byClass.head).toEqual([
      'class',
      'objects',
      'AP50 visible',
      'AP50 infrared',
      'AP50 visible, beside',
      'AP50 infrared, beside',
    ])
    const html = await detectionPage(result, 2)
    expect(html).toContain(`<h1>Detection: ${basename(root)}</h1>`)
    expect(html.match(/<img /g)).toHaveLength(2 * 4)
    expect(html).toContain('Precision and recall')
    const withObjects = result.detector.scores.rgb!.classes.filter(({ objects }) => objects > 0)
    expect(withObjects.length).toBeLessThan(classes.length)
    expect(html.match(/<svg/g)).toHaveLength(1 + withObjects.length)
    expect(html).not.toMatch(/(src|href)="http/)
  })

  it('goes on after an interruption, to the same end', async () => {
    const flags = { json: join(root, 'resumed.json'), resume: true }
    const journal = async () => (await openJournal('detect', flags, [checkpoint]))!
    const whole = await measureDetection(options())
    const stopping = await journal()
    let recorded = 0
    const record = (key: string, value: unknown) => {
      if (++recorded > 4) throw new Error('interrupted') // one scene of the second modality is done
      stopping.record(key, value)
    }
    await expect(measureDetection({ ...options(), journal: { ...stopping, record } })).rejects.toThrow(
      'interrupted',
    )
    const going = await journal()
    expect(going.known).toBe(4)
    expect(await measureDetection({ ...options(), journal: going })).toEqual(whole)
    const ended = await journal()
    expect(ended.known).toBe(6)
    expect(await measureDetection({ ...options(), batch: 1, journal: ended })).toEqual(whole)
    // Where every answer is known no network is made: one of this batch cannot be.
    await expect(measureDetection({ ...options(), batch: 2 ** 40 })).rejects.toThrow()
    expect(await measureDetection({ ...options(), batch: 2 ** 40, journal: ended })).toEqual(whole)
  })

  it('scores masks beside boxes where detector and annotations have them', async () => {
    const masked = join(root, 'masked.safetensors')
    await writeDetector(masked, ['kite'], 1)
    const stems = readdirSync(join(root, 'data', 'ir')).map((name) => name.replace('.png', ''))
    const file = join(root, 'kites.json')
    const write = (segmentation: unknown) => {
      const images = stems.map((stem, id) => ({ id, file_name: `${stem}.png`, width: 64, height: 64 }))
      const kite = { category_id: 1, bbox: [10, 10, 30, 40], area: 600, iscrowd: 0, segmentation }
      const annotations = stems.map((_, i) => ({ ...kite, id: i + 1, image_id: i }))
      writeFileSync(file, JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'kite' }] }))
    }
    const given = () => ({
      ...options(),
      checkpoint: masked,
      source: {
        images: { ir: join(root, 'data', 'ir') },
        annotations: { format: 'coco', path: file } as const,
      },
    })
    write([[10, 30, 25, 10, 40, 30, 25, 50]])
    const journal = () => openJournal('detect', { json: join(root, 'masked.json'), resume: true }, [masked])
    const result = await measureDetection({ ...given(), journal: await journal() })
    const { detections, truth } = result.detector.found.ir!
    expect(truth.truths.every(({ mask }) => mask !== undefined)).toBe(true)
    expect(detections.length).toBeGreaterThan(0)
    for (const { mask } of detections) expect([mask!.height, mask!.width]).toEqual([64, 64])
    expect(result.detector.maskScores!.ir!.stats.AP).toBeGreaterThanOrEqual(0)
    expect(detectionTable(result).head.join()).toContain('mask')
    expect(await measureDetection({ ...given(), journal: await journal() })).toEqual(result)
    write(undefined)
    expect((await measureDetection(given())).detector.maskScores).toBeUndefined()
  })

  it('refuses what is no detector, and boxes of unknown classes with their line', async () => {
    await expect(loadDetector(join(root, 'none.safetensors'))).rejects.toThrow('none')
    const bad = join(root, 'bad')
    mkdirSync(bad)
    const [name = ''] = readdirSync(join(root, 'data', 'boxes'))
    writeFileSync(join(bad, name), '0 0.5 0.5 0.1 0.1\n9 0.5 0.5 0.1 0.1\n')
    const names = readFileSync(join(root, 'data', 'classes.txt'), 'utf8')
      .split('\n')
      .filter(Boolean)
    expect(names).toEqual(classes)
    writeFileSync(join(root, 'one.txt'), name.replace('.txt', '\n'))
    const given = {
      ...options(),
      source: {
        images: { rgb: join(root, 'data', 'vi'), ir: join(root, 'data', 'ir') },
        annotations: { format: 'yolo', path: bad } as const,
      },
      only: join(root, 'one.txt'),
    }
    await expect(measureDetection(given)).rejects.toThrow(`${join(bad, name)}:2: class 9 is unknown`)
  })
})
