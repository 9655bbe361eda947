import { describe, expect, it } from 'vitest'
import type { Checkpoint } from './checkpoint'
import { loadCheckpoint } from './load'
import { bytesByName, fixture, goldenNote, goldenPath, goldenPresent } from './testing/golden'

const shapes = ({ tensors }: Checkpoint) =>
  [...tensors].map(([name, { shape, dtype }]) => [name, dtype, ...shape])

describe('files that PyTorch wrote', () => {
  it('give the same tensors from the zip and the legacy format', async () => {
    const zip = await loadCheckpoint(fixture('mcmae-tiny.zeroed.pth.gz'))
    const legacy = await loadCheckpoint(fixture('mcmae-tiny-legacy.zeroed.pth.gz'))
    expect([zip.format, legacy.format]).toEqual(['torch-zip', 'torch-legacy'])
    expect(zip.tensors.size).toBe(93)
    expect(bytesByName(legacy)).toEqual(bytesByName(zip))
    expect(zip.tensors.get('model.patch_embed1.proj.weight')!.shape).toEqual([32, 3, 4, 4])
    // Unpacked from the file with Python's zipfile and struct.
    const bias = [...zip.tensors.get('model.patch_embed1.proj.bias')!.data.slice(0, 2)]
    expect(bias).toEqual([-0.0039552669040858746, -0.05651998519897461])
  })

  it('give students, teachers and settings of a training checkpoint', async () => {
    const { tensors, metadata } = await loadCheckpoint(fixture('vit-tiny-dino-full.zeroed.pth.gz'))
    expect(tensors.size).toBe(84)
    expect(tensors.get('student.module.backbone.cls_token')!.shape).toEqual([1, 1, 96])
    expect(tensors.has('teacher.backbone.blocks.2.mlp.fc2.bias')).toBe(true)
    expect(metadata).toEqual({ epoch: '7', 'args.lr': '0.1' })
  })

  it('are read in parts when asked', async () => {
    const only = (name: string) => name.startsWith('teacher.')
    const { tensors } = await loadCheckpoint(fixture('vit-tiny-dino-full.zeroed.pth.gz'), { only })
    expect(tensors.size).toBe(42)
  })
})

describe('whole golden files', () => {
  it.skipIf(!goldenPresent)(`hold equal weights in both formats${goldenNote}`, async () => {
    const zip = await loadCheckpoint(goldenPath('mcmae-tiny/checkpoint.pth'))
    const legacy = await loadCheckpoint(goldenPath('mcmae-tiny/checkpoint-legacy.pth'))
    expect(bytesByName(legacy)).toEqual(bytesByName(zip))
    expect(shapes(zip)).toEqual(shapes(await loadCheckpoint(fixture('mcmae-tiny.zeroed.pth.gz'))))
    for (const [name, { data }] of zip.tensors) expect(data.some(Number.isFinite), name).toBe(true)
  })

  it.skipIf(!goldenPresent)(`hold the same student as the bare state dict${goldenNote}`, async () => {
    const bare = await loadCheckpoint(goldenPath('vit-tiny/checkpoint.pth'))
    const full = await loadCheckpoint(goldenPath('vit-tiny/checkpoint-dino-full.pth'))
    expect(bare.tensors.size).toBe(42)
    for (const [name, tensor] of bare.tensors) {
      expect(full.tensors.get(`teacher.backbone.${name}`)!.shape).toEqual(tensor.shape)
    }
  })
})
