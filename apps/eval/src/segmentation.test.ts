import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initBackbone, saveBackbone } from '@univ/backbone'
import { writeSafetensors } from '@univ/checkpoint'
import { countPixels, emptyConfusion, segmentationScores } from '@univ/heads'
import { readClassNames, readLabelImage, sceneClasses, writeSyntheticPairs } from '@univ/mvip'
import { rng } from '@univ/nn'
import { type SceneAnswer, type SegmentCard, segmentRecipe, writeCard } from '@univ/train'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyConfig } from '../../../packages/backbone/src/testing/tiny-encoder'
import { openJournal } from './journal'
import { classColour, classLegend, uncolouredClasses } from './report/class-colours'
import { labelOverlay } from './report/label-pictures'
import { segmentationPage } from './report/segmentation-page'
import { classTable, crossTable, segmentationJson } from './report/segmentation-tables'
import { measureSegmentation, type SegmentationOptions } from './segmentation'
import { writePrediction } from './write-predictions'

const root = mkdtempSync(join(tmpdir(), 'univ-segment-'))
const data = join(root, 'scenes')
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A segmenter with random numbers, as `univ-train segment` leaves one. */
async function writeSegmenter(name: string, card: Partial<SegmentCard>): Promise<string> {
  const recipe = segmentRecipe({
    model: { config: tinyConfig, params: initBackbone(tinyConfig, rng(1)) },
    head: { head: 'upernet', classes: sceneClasses.length, channels: 8, auxiliaryChannels: 4 },
    encoder: 'frozen',
    batch: 1,
    crop: 48,
    seed: name.length,
    metadata: writeCard({
      classes: sceneClasses,
      ignore: [],
      modalities: ['rgb'],
      fit: null,
      window: 48,
      step: 32,
      irNormalisation: null,
      ...card,
    }),
  })
  const file = join(root, `${name}.safetensors`)
  const { params, config: model } = recipe.backbone(recipe.weights)
  await saveBackbone(file, params, model)
  const extras = recipe.extras!(recipe.weights, recipe.statistics!)
  await writeSafetensors(join(root, `${name}.extras.safetensors`), extras as never, recipe.extrasMetadata)
  return file
}

let rgb = ''
let ir = ''
beforeAll(async () => {
  await writeSyntheticPairs(data, { pairs: 4, size: 64 })
  rgb = await writeSegmenter('rgb', {})
  ir = await writeSegmenter('infrared', { modalities: ['ir'], irNormalisation: { mean: 100, std: 50 } })
})

const options = (more: Partial<SegmentationOptions> = {}): SegmentationOptions => ({
  checkpoints: [rgb],
  data,
  limit: 10,
  batch: 2,
  engine: 'cpu',
  pictures: 2,
  scales: [1],
  flip: false,
  ...more,
})

describe('figures of segmenters', () => {
  it('count every pixel of every scene, in both modalities', async () => {
    const answers: SceneAnswer[] = []
    const result = await measureSegmentation(
      options({ onAnswer: async (answer) => void answers.push(answer) }),
    )
    expect([result.scenes, result.modalities, answers.length]).toEqual([4, ['rgb', 'ir'], 8])
    for (const { modality, scores } of result.segmenters[0]!.tests) {
      const again = emptyConfusion(sceneClasses.length)
      for (const answer of answers.filter((item) => item.modality === modality))
        countPixels(again, answer.truth, answer.predicted)
      expect(scores).toEqual(segmentationScores(again))
      expect(scores.pixels.reduce((a, b) => a + b, 0)).toBe(4 * 64 * 64)
    }
    const { scenes } = result.segmenters[0]!
    const means = scenes.map(({ scores }) => (scores.rgb! + scores.ir!) / 2)
    expect(means).toEqual([...means].sort((a, b) => a - b))
    expect(scenes.map(({ answers: kept }) => kept.length)).toEqual([2, 2, 0, 0])
  })

  it('stand beside each other, trained on one modality and tested on the other', async () => {
    const result = await measureSegmentation(options({ checkpoints: [rgb, ir] }))
    const { head, rows } = crossTable(result)
    expect(head.slice(0, 2)).toEqual(['segmenter', 'mIoU, RGB'])
    expect(rows.map(([name]) => name)).toEqual([
      expect.stringMatching(/trained on rgb$/),
      expect.stringMatching(/trained on ir$/),
    ])
    expect(rows[0]!.slice(1)).not.toEqual(rows[1]!.slice(1))
    expect(classTable(result).head).toHaveLength(2 + 4)

    const html = await segmentationPage(result)
    // Two scenes of each segmenter: image, truth and prediction in both modalities.
    expect(html.match(/<img /g)).toHaveLength(2 * 2 * 6)
    expect(html).toContain('tested on infrared')
    expect(html).not.toMatch(/(src|href)="https?:/)
    const json = JSON.parse(JSON.stringify(segmentationJson(result)))
    expect(json.segmenters[1]).toMatchObject({ trainedOn: ['ir'], window: 48, step: 32 })
    expect(json.segmenters[0].tests[0].confusion.flat().reduce((a: number, b: number) => a + b)).toBe(
      4 * 64 * 64,
    )
  })

  it('follow what the command line chooses', async () => {
    const rate = async (more: Partial<SegmentationOptions>) =>
      (await measureSegmentation(options({ modalities: ['rgb'], ...more }))).segmenters[0]!.tests[0]!.scores
    const own = await rate({})
    const pixels = (await rate({ ignore: [0] })).pixels.reduce((a, b) => a + b, 0)
    expect(pixels).toBe(4 * 64 * 64 - own.pixels[0]!)
    const others = await Promise.all([
      rate({ window: null }),
      rate({ flip: true }),
      rate({ scales: [1, 1.5] }),
      rate({ fit: [96, 96] }),
    ])
    for (const other of others) expect(other.iou).not.toEqual(own.iou)
  })

  it('go on after an interruption, asking for nothing twice, to the same end', async () => {
    const flags = { json: join(root, 'resumed.json'), resume: true }
    const whole = await measureSegmentation(options())
    const asked: string[] = []
    const run = async (most: number) =>
      measureSegmentation(
        options({
          journal: await openJournal('segment', flags, [rgb]),
          async onAnswer({ scene, modality }) {
            if (asked.length === most) throw new Error('interrupted')
            asked.push(`${modality} ${scene.id}`)
          },
        }),
      )
    await expect(run(5)).rejects.toThrow('interrupted')
    expect(asked).toHaveLength(5)
    const resumed = await run(Number.POSITIVE_INFINITY)
    expect(new Set(asked).size).toBe(8)
    expect(asked).toHaveLength(8)
    expect(resumed).toEqual(whole) // the worst scenes' pictures too
    // Where every answer is known and no picture is wanted no network is made: one of this batch cannot be.
    const impossible = { batch: 2 ** 40, pictures: 0 }
    await expect(measureSegmentation(options(impossible))).rejects.toThrow()
    const journal = await openJournal('segment', flags, [rgb])
    const known = await measureSegmentation(options({ ...impossible, journal }))
    expect(known.segmenters[0]!.tests).toEqual(whole.segmenters[0]!.tests)
  })

  it('draw the run’s curve, and say what is no log', async () => {
    const log = join(root, 'metrics.jsonl')
    const line = (kind: string, step: number, mIoU: number) =>
      JSON.stringify({ kind, step, epoch: 0, 'rgb.mIoU': mIoU })
    writeFileSync(log, `${line('epoch', 200, 0.2)}\n${line('epoch', 400, 0.3)}\n`)
    const result = await measureSegmentation(options({ modalities: ['rgb'], pictures: 0 }))
    expect(await segmentationPage(result, log)).toContain('held-out mIoU')
    writeFileSync(log, 'no json')
    await expect(segmentationPage(result, log)).rejects.toThrow(
      /--log .*metrics\.jsonl: not a metrics\.jsonl/,
    )
  })

  it('are refused where segmenters or data do not fit', async () => {
    const other = await writeSegmenter('other', { classes: sceneClasses.map((name) => `${name}!`) })
    await expect(measureSegmentation(options({ checkpoints: [rgb, other] }))).rejects.toThrow(
      /other\.safetensors has classes/,
    )
    const few = await writeSegmenter('few', { classes: ['a'] })
    await expect(measureSegmentation(options({ checkpoints: [few] }))).rejects.toThrow(
      /1 class names for a head of \d+ classes/,
    )
    const bad = await writeSegmenter('bad', { window: -3 })
    await expect(measureSegmentation(options({ checkpoints: [bad] }))).rejects.toThrow('window is -3')
    await expect(measureSegmentation(options({ window: 32, step: 90 }))).rejects.toThrow(
      'step 90 is larger than the window 32: pixels between windows would get no class',
    )
    await expect(measureSegmentation(options({ data: join(root, 'none') }))).rejects.toThrow('does not exist')
  })
})

describe('written predictions', () => {
  it('are palette PNGs whose indices are the classes', async () => {
    const out = join(root, 'predictions')
    let last: SceneAnswer | undefined
    await measureSegmentation(
      options({
        limit: 1,
        modalities: ['ir'],
        async onAnswer(answer) {
          last = answer
          await writePrediction(out, answer, [])
        },
      }),
    )
    const read = await readLabelImage(join(out, 'ir', `${last!.scene.id}.png`))
    expect([read.height, read.width, read.ids]).toEqual([64, 64, last!.predicted])
  })

  it('are drawn over the scene but for what stands for no class', async () => {
    const image = join(data, 'vi', readdirSync(join(data, 'vi'))[0]!)
    const overlay = async (label: number, names: readonly string[]) => {
      const map = { labels: new Uint8Array(64 * 64).fill(label), height: 64, width: 64 }
      return labelOverlay({ image, modality: 'rgb' }, map, { names })
    }
    const names = ['Unlabelled', 'car', 'void']
    expect([...uncolouredClasses([...names, 'background', 'unlabeled', 'avoided'])]).toEqual([0, 2, 3, 4])
    const uncovered = await overlay(255, names)
    expect(await overlay(0, names)).toEqual(uncovered)
    expect(await overlay(1, names)).not.toEqual(uncovered)
    expect(await overlay(0, ['road', 'car'])).not.toEqual(uncovered)
    expect(classLegend(names).match(/uncoloured/g)).toHaveLength(2)
  })

  it('have another colour for every class', () => {
    expect(classColour(0)).toEqual([128, 0, 0])
    expect(classColour(1)).toEqual([0, 128, 0])
    expect(new Set(Array.from({ length: 254 }, (_, i) => `${classColour(i)}`)).size).toBe(254)
  })
})

it('class names come with the data where a file has none', () => {
  expect(readClassNames(data)).toEqual([...sceneClasses])
})
