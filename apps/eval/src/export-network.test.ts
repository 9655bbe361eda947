import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type ExportOptions, exportNetwork, precisionLoss } from './export-network'
import { golden } from './golden-fixtures'

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

describe('an exported encoder', () => {
  it('has the checkpoint’s side, and in 8 bits fewer bytes', async () => {
    const plain = await exportNetwork(base)
    const out = join(root, 'int8.onnx')
    const small = await exportNetwork({ ...base, precision: 'int8', out })
    expect(plain.size).toBe(224)
    expect(statSync(base.out).size).toBe(plain.bytes)
    expect(statSync(out).size).toBe(small.bytes)
    // Only part of the tiny encoder's kernels are large enough for 8 bits.
    expect(small.bytes).toBeLessThan(plain.bytes * 0.6)
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
