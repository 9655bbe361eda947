import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSyntheticPairs } from '@univ/mvip'
import { loadSegmenter, readCard } from '@univ/train'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeTinyEncoder } from '../../../packages/backbone/src/testing/tiny-encoder'
import { epochLines } from '../../../packages/train/src/testing/epoch-lines'
import { readConfig } from './config/read-config'
import { segmentSchema } from './config/segment-schema'
import { segment } from './segment'

const root = mkdtempSync(join(tmpdir(), 'segment-'))
const encoder = join(root, 'encoder.safetensors')
const data = join(root, 'data')
beforeAll(async () => {
  await writeSyntheticPairs(join(data, 'train'), { pairs: 6, size: 64 })
  await writeSyntheticPairs(join(data, 'val'), { pairs: 3, size: 64, first: 6 })
  await writeTinyEncoder(encoder)
})

const config = (...changes: string[]) => {
  const file = join(root, 'segment.yaml')
  writeFileSync(
    file,
    `engine: cpu
threads: 1
logEvery: 1
backbone: { checkpoint: ${encoder} }
head: { channels: 8, auxiliaryChannels: 4 }
data: { train: ${join(data, 'train')}, val: ${join(data, 'val')}, fit: null, scale: [0.75, 1.5], crop: 48, workers: 1 }
train: { iterations: 4, validateEvery: 2, batch: 2, warmup: 1, lr: 1e-3 }
`,
  )
  return readConfig(segmentSchema, file, changes)
}

describe('a segmentation run', () => {
  it('trains one model on both modalities, and measures each', async () => {
    const out = join(root, 'both')
    const { finished, position } = await segment(config('data.modality=both', 'train.accumulate=2'), { out })
    expect([finished, position.step]).toEqual([true, 8])
    const [first, last] = epochLines(out)
    for (const name of ['rgb.mIoU', 'ir.mIoU', 'rgb.mAcc', 'ir.aAcc']) {
      expect(first![name], name).toBeGreaterThanOrEqual(0)
      expect(last![name], name).toBeLessThanOrEqual(1)
    }
    const loaded = await loadSegmenter(join(out, 'last.safetensors'))
    const card = readCard(loaded.metadata)!
    expect(card).toMatchObject({ modalities: ['rgb', 'ir'], window: 48, step: 32, fit: null })
    expect(card.classes).toHaveLength(loaded.head.classes)
    expect(loaded.model.config).toMatchObject({ relativePosition: 3, layerScale: true, epsilon: 1e-5 })
  })

  it('has windows that leave no pixel out', () => {
    expect(() => config('test.step=49')).toThrow(
      'test.step: expected at most the window, 48 (pixels between windows would get no class), got 49',
    )
    expect(() => config('test.window=32', 'test.step=33')).toThrow(
      'test.step: expected at most the window, 32',
    )
    expect(() => config('test.window=7')).toThrow('test.window: expected a multiple of 16, got 7')
    expect(config('test.window=null', 'test.step=500').test.step).toBe(500)
    expect(config('test.step=48').test.step).toBe(48)
  })

  it('has classes of different names', () => {
    expect(() => config('data.classes=[a, b, a]')).toThrow(
      'data.classes: expected names that differ, got ["a","b","a"]',
    )
  })

  it('goes on bit for bit after a stop in mid-stretch', async () => {
    const [whole, cut] = [join(root, 'whole'), join(root, 'cut')]
    const one = config('data.modality=ir', 'encoder.train=lora', 'encoder.lora.rank=2')
    await segment(one, { out: whole })
    const log = join(cut, 'metrics.jsonl')
    const stop = setInterval(() => {
      if (existsSync(log) && readFileSync(log, 'utf8').includes('"step":1'))
        process.emit('SIGTERM', 'SIGTERM')
    }, 1)
    const first = await segment(one, { out: cut })
    clearInterval(stop)
    expect([first.finished, first.signal]).toEqual([false, 'SIGTERM'])
    expect(first.position.step).toBeLessThan(4)
    await segment(one, { out: cut, resume: true })
    const state = (out: string) => readFileSync(join(out, 'last.state.safetensors'))
    expect(state(cut).equals(state(whole))).toBe(true)
  })

  it('leaves a frozen encoder as it was', async () => {
    const out = join(root, 'frozen')
    await segment(config('encoder.train=frozen', 'head.kind=linear', 'data.val=null'), { out })
    const [before, after] = [readFileSync(encoder), readFileSync(join(out, 'last.safetensors'))]
    const { model, head } = await loadSegmenter(join(out, 'last.safetensors'))
    expect([head.head, model.config.relativePosition]).toEqual(['linear', undefined])
    // The same arrays behind another header.
    expect(after.subarray(-10_000).equals(before.subarray(-10_000))).toBe(true)
  })

  it.each([
    [['data.crop=50'], 'data.crop 50 is not a multiple of the encoder'],
    [['loss.classWeights=[1, 2]'], /loss\.classWeights: 2 weights for \d+ classes/],
    [['data.train=nowhere'], 'nowhere does not exist'],
    [['data.trainList=none.txt'], 'split file none.txt: cannot be read (ENOENT)'],
    [['data.modality=ir', 'data.classes=[a, b]'], /pixels have id \d+, which is neither a class nor ignored/],
  ])('refuses %s', async (changes, message) => {
    await expect(segment(config(...changes), { out: join(root, 'refused') })).rejects.toThrow(message)
  })
})

describe('its configuration', () => {
  it('is the authors’ as shipped', () => {
    const shipped = (name: string) => new URL(`../../../configs/${name}.yaml`, import.meta.url).pathname
    const msrs = readConfig(segmentSchema, shipped('segment-msrs'))
    expect(msrs.train).toMatchObject({ iterations: 48_000, warmup: 1500, lr: 1e-4, weightDecay: 0.05 })
    expect(msrs.encoder).toMatchObject({
      dropPath: 0.2,
      layerDecay: 0.75,
      relativePosition: true,
      epsilon: 1e-5,
    })
    expect(msrs.data.classes).toHaveLength(9)
    expect(readConfig(segmentSchema, shipped('segment-camvid')).head.channels).toBe(64)
  })

  it('names what is wrong', () => {
    expect(() => config('train.validateEvery=3')).toThrow(
      /train\.iterations: expected iterations that are a multiple of validateEvery, got 4/,
    )
    expect(() => config('data.modality=sonar')).toThrow(/data\.modality: expected one of rgb, ir, both/)
    expect(() => config('encoder.trian=full')).toThrow(
      /encoder\.trian: unknown key; allowed here: train, lora/,
    )
    expect(() => config('data.remap={ a: 1 }')).toThrow(/data\.remap\.a: expected/)
  })
})
