import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBackbone } from '@univ/backbone'
import { writeSyntheticPairs } from '@univ/mvip'
import { flattenTree, type HostArray } from '@univ/nn'
import { beforeAll, describe, expect, it } from 'vitest'
import { teacherSchema } from './config/teacher-schema'
import { teachByMasking, teachWithLabels } from './teacher'

const root = mkdtempSync(join(tmpdir(), 'teacher-'))
const config = (train: object, more: object = {}) =>
  teacherSchema.parse({
    engine: 'cpu',
    threads: 1,
    model: 'mcmae/tiny',
    data: { size: 64, workers: 1, classes: 9 },
    train: { batch: 8, warmupEpochs: 0, ...train },
    ...more,
  })

const weightsOf = async (file: string) =>
  flattenTree((await loadBackbone(file)).params) as Record<string, HostArray>

describe('a teacher made from images alone, then from labels', () => {
  const masked = join(root, 'masked')
  beforeAll(async () => {
    await writeSyntheticPairs(join(root, 'data'), { pairs: 16, size: 64 })
    await teachByMasking(config({ epochs: 6, lr: 2e-3 }), join(root, 'data'), { out: masked })
  })

  it('learns to fill in what is hidden', () => {
    const lines = readFileSync(join(masked, 'metrics.jsonl'), 'utf8').trim().split('\n')
    const losses = lines.map((line) => JSON.parse(line)).filter(({ loss }) => loss !== undefined)
    expect(losses.length).toBeGreaterThan(1)
    expect(losses.at(-1).loss).toBeLessThan(0.95 * losses[0].loss)
  })

  it('gives an encoder without decoder, from which labels go on', async () => {
    const start = join(masked, 'last.safetensors')
    const encoder = await weightsOf(start)
    expect(Object.keys(encoder).filter((name) => /^decoder|maskToken/.test(name))).toEqual([])
    // A rate next to nothing leaves the start as it is.
    const out = join(root, 'labelled')
    await teachWithLabels(config({ epochs: 1, lr: 1e-12 }, { start }), join(root, 'data'), { out })
    const labelled = await weightsOf(join(out, 'last.safetensors'))
    for (const [name, { data }] of Object.entries(encoder))
      expect(
        Math.max(...data.map((value, i) => Math.abs(value - labelled[name]!.data[i]!))),
        name,
      ).toBeLessThan(1e-6)
  })

  it('goes on by masking at another size', async () => {
    const start = join(masked, 'last.safetensors')
    const larger = config({ epochs: 1 }, { start, data: { size: 96, workers: 1 } })
    const { finished } = await teachByMasking(larger, join(root, 'data'), { out: join(root, 'larger') })
    expect(finished).toBe(true)
    const { config: written } = await loadBackbone(join(root, 'larger', 'last.safetensors'))
    expect(written).toMatchObject({ family: 'mcmae', image: 64 }) // positions are fixed: they stay those of the start
  })

  it('names what it looked into where there are no images', async () => {
    const teach = (folder: string) => teachByMasking(config({}), folder, { out: join(root, 'x') })
    await expect(teach(join(root, 'nothing'))).rejects.toThrow(/nothing does not exist/)
    mkdirSync(join(root, 'empty'))
    await expect(teach(join(root, 'empty'))).rejects.toThrow(/empty: no images; looked into .*vi/)
  })
})
