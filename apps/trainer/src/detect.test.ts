import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSyntheticPairs } from '@univ/mvip'
import { loadDetector } from '@univ/train'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeTinyEncoder } from '../../../packages/backbone/src/testing/tiny-encoder'
import { epochLines } from '../../../packages/train/src/testing/epoch-lines'
import { detectSchema } from './config/detect-schema'
import { readConfig } from './config/read-config'
import { trainDetector } from './detect'

const root = mkdtempSync(join(tmpdir(), 'detect-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const encoder = join(root, 'encoder.safetensors')
const at = (...names: string[]) => join(root, ...names)
beforeAll(async () => {
  await writeSyntheticPairs(at('train'), { pairs: 6, size: 64 })
  await writeSyntheticPairs(at('val'), { pairs: 3, size: 64, first: 6 })
  await writeTinyEncoder(encoder)
})

const config = (...changes: string[]) => {
  const file = at('detect.yaml')
  writeFileSync(
    file,
    `engine: cpu
threads: 1
logEvery: 1
backbone: { checkpoint: ${encoder} }
detector: { channels: 8, boxWidth: 16, proposals: 20, regionSamples: 8 }
data:
  rgb: ${at('train', 'vi')}
  ir: ${at('train', 'ir')}
  annotations: { format: yolo, path: ${at('train', 'boxes')} }
  val:
    rgb: ${at('val', 'vi')}
    ir: ${at('val', 'ir')}
    annotations: { format: yolo, path: ${at('val', 'boxes')} }
  size: [64, 64]
  workers: 1
train: { epochs: 2, batch: 3, warmupEpochs: 0, lr: 1e-3 }
`,
  )
  return readConfig(detectSchema, file, changes)
}

describe('a detection run', () => {
  it('trains one model on both modalities, and measures each', async () => {
    const out = at('both')
    const { finished, position } = await trainDetector(config('encoder.window={size: 2, global: [0]}'), {
      out,
    })
    expect([finished, position.step]).toEqual([true, 8]) // 12 images in batches of 3, twice
    for (const name of ['rgb.AP', 'rgb.AP50', 'ir.AP', 'ir.AP50'])
      expect(epochLines(out)[1]![name], name).toBeGreaterThanOrEqual(0)
    const { card } = await loadDetector(join(out, 'last.safetensors'))
    expect(card).toMatchObject({
      modalities: ['rgb', 'ir'],
      size: [64, 64],
      window: { size: 2, global: [0] },
    })
    expect(card.classes).toHaveLength(8)
  })

  it('goes on bit for bit after a stop in mid-epoch', async () => {
    const [whole, cut] = [at('whole'), at('cut')]
    const one = config('data.modality=ir', 'data.val=null')
    await trainDetector(one, { out: whole })
    const log = join(cut, 'metrics.jsonl')
    const stop = setInterval(() => {
      if (existsSync(log) && readFileSync(log, 'utf8').includes('"step":1'))
        process.emit('SIGTERM', 'SIGTERM')
    }, 1)
    const first = await trainDetector(one, { out: cut })
    clearInterval(stop)
    expect([first.finished, first.signal]).toEqual([false, 'SIGTERM'])
    await trainDetector(one, { out: cut, resume: true })
    for (const name of ['last.state.safetensors', 'last.safetensors', 'last.extras.safetensors'])
      expect(readFileSync(join(cut, name)).equals(readFileSync(join(whole, name))), name).toBe(true)
  })

  it('trains a mask head on COCO annotations, and refuses objects without masks', async () => {
    const file = at('coco.json')
    const stems = readdirSync(at('train', 'vi')).map((name) => name.replace('.png', ''))
    const write = (segmentation: unknown) => {
      const images = stems.map((stem, id) => ({ id, file_name: `${stem}.png`, width: 64, height: 64 }))
      const annotations = stems.map((_, i) => ({
        id: i + 1,
        image_id: i,
        category_id: 1,
        bbox: [10, 10, 30, 40],
        area: 600,
        iscrowd: 0,
        segmentation,
      }))
      writeFileSync(file, JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'kite' }] }))
    }
    const masked = () =>
      config(
        'data.val=null',
        'detector.maskConvs=1',
        `data.annotations={format: coco, path: ${file}}`,
        'train.epochs=1',
      )
    write([[10, 30, 25, 10, 40, 30, 25, 50]])
    await trainDetector(masked(), { out: at('masked') })
    expect(epochLines(at('masked'))[0]!.masks).toBeCloseTo(Math.LN2, 1)
    write(undefined)
    await expect(trainDetector(masked(), { out: at('maskless') })).rejects.toThrow(
      'have boxes alone; masks need COCO annotations with segmentations',
    )
  })

  it('says what is missing or wrong before it begins', async () => {
    expect(() => config('data.size=[60, 64]')).toThrow('data.size.0')
    expect(() => config('detector.variant=huge')).toThrow('detector.variant')
    expect(() => config('data.annotations.format=kitti')).toThrow('data.annotations.format')
    const lacking = { ...config(), data: { ...config().data, ir: undefined } }
    await expect(trainDetector(lacking, { out: at('x') })).rejects.toThrow('data.ir is missing')
    const classes = config('data.classes=[car]')
    await expect(trainDetector(classes, { out: at('x') })).rejects.toThrow(/\.txt:\d+: class 5 is unknown/)
  })
})
