import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { normalisation } from '@univ/mvip'
import { type HostArray, rng } from '@univ/nn'
import { loadDetector, openDetector } from '@univ/train'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { type ExportOptions, exportNetwork } from './export-network'
import { golden } from './golden-fixtures'
import type { NetworkCard } from './network-card'
import { precisionLoss } from './precision-loss'
import { writeDetector } from './testing/write-detector'

const root = mkdtempSync(join(tmpdir(), 'univ-export-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const base: ExportOptions = {
  checkpoint: golden('mcmae-tiny/checkpoint.pth'),
  network: 'encoder',
  precision: 'float32',
  batch: 1,
  out: join(root, 'encoder.onnx'),
}
const images = ['FLIR_05164', 'FLIR_07202'].map((name) => golden(`mcmae-tiny/images/ir-${name}.png`))
const cardOf = (out: string): NetworkCard => JSON.parse(readFileSync(`${out}.json`, 'utf8'))

describe('an exported encoder', () => {
  it('has the checkpoint’s side, and in 8 bits fewer bytes', async () => {
    const plain = await exportNetwork(base)
    const out = join(root, 'int8.onnx')
    const small = await exportNetwork({ ...base, precision: 'int8', out })
    expect(plain.card.inputs).toEqual({ 'input.images': [1, 224, 224, 3] })
    expect(statSync(base.out).size).toBe(plain.bytes)
    expect(statSync(out).size).toBe(small.bytes)
    // Only part of the tiny encoder's kernels are large enough for 8 bits.
    expect(small.bytes).toBeLessThan(plain.bytes * 0.6)
  })

  it('says beside it and inside it what a program must know', async () => {
    const out = join(root, 'told.onnx')
    const { card } = await exportNetwork({ ...base, out, batch: 2 })
    expect(cardOf(out)).toEqual(card)
    expect(card).toEqual({
      network: 'encoder',
      precision: 'float32',
      inputs: { 'input.images': [2, 224, 224, 3] },
      outputs: { 'output.tokens': [2, 196, 96], 'output.attention': [2, 4, 196, 196] },
      normalisation,
      patch: 16,
      classToken: false,
    })
    const file = readFileSync(out).toString('latin1')
    expect(file).toContain(JSON.stringify(normalisation))
    const session = await InferenceSession.create(out)
    expect([session.inputNames, session.outputNames]).toEqual([
      Object.keys(card.inputs),
      Object.keys(card.outputs),
    ])
  })

  it('keeps the direction of tokens in 8 bits', async () => {
    const loss = await precisionLoss({ ...base, precision: 'int8', modality: 'ir', images, batch: 2 })
    expect(loss.tokens).toBe(2 * 14 * 14)
    expect(loss.mean).toBeGreaterThan(0.999)
    expect(loss.mean).toBeLessThan(1)
    expect(loss.least).toBeLessThanOrEqual(loss.mean)
  })

  it('says what a size must be, and where there is no head', async () => {
    await expect(exportNetwork({ ...base, size: 100 })).rejects.toThrow('100×100 do not divide')
    await expect(exportNetwork({ ...base, network: 'segmenter' })).rejects.toThrow('no segmentation head')
  })
})

describe('an exported detector', () => {
  const checkpoint = join(root, 'last.safetensors')
  const classes = ['car', 'person']
  const random = rng(5, 'image')
  const image: HostArray = {
    shape: [1, 64, 64, 3],
    dtype: 'float32',
    data: Float32Array.from({ length: 64 * 64 * 3 }, () => random.normal()),
  }

  it('answers as the detector does, boxes and all', async () => {
    await writeDetector(checkpoint, classes, 1)
    const program = await openDetector(await loadDetector(checkpoint), 1, { engine: 'cpu' })
    const wanted = await program.run({ images: image })
    await program.dispose()
    const out = join(root, 'detector.onnx')
    const { card } = await exportNetwork({ ...base, checkpoint, network: 'detector', out })
    expect(card.classes).toEqual(classes)
    expect(Object.keys(card.inputs)).toEqual(['input.images'])
    const session = await InferenceSession.create(out)
    const found = await session.run({
      'input.images': new Tensor('float32', image.data as Float32Array, [...image.shape]),
    })
    expect(Object.keys(wanted)).toEqual(['boxes', 'scores', 'classes', 'masks'])
    for (const [name, { data, shape }] of Object.entries(wanted)) {
      const own = found[`output.${name}`]!
      expect([name, own.dims, card.outputs[`output.${name}`]]).toEqual([name, shape, shape])
      ;(own.data as Float32Array).forEach((value, i) => void expect(value).toBeCloseTo(data[i]!, 3))
    }
  })

  it('has its own canvas', async () => {
    await writeDetector(checkpoint, classes, null)
    await expect(exportNetwork({ ...base, checkpoint, network: 'detector', size: 128 })).rejects.toThrow(
      'a detector has the canvas that it was trained with, 64 × 64: leave --size out',
    )
  })
})
