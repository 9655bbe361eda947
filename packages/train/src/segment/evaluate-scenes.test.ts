import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostImage, WindowNetwork } from '@univ/heads'
import {
  type LabelledPair,
  listLabelledPairs,
  openSceneLoader,
  readClassNames,
  type SceneBatch,
  writeSyntheticPairs,
} from '@univ/mvip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluateScenes, predictScene } from './evaluate-scenes'

const root = mkdtempSync(join(tmpdir(), 'evaluate-'))
beforeAll(() => writeSyntheticPairs(root, { pairs: 2, size: 64 }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const rule = () => ({ classes: readClassNames(root).length })
const normalisation = { ir: { mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] } }
const scenes = () => listLabelledPairs(root, { modalities: ['rgb', 'ir'] })

/** Answers class 1 everywhere, and keeps what it was shown. */
function watching() {
  const shown: HostImage[] = []
  const network: WindowNetwork = async (windows) => {
    shown.push(...windows)
    return windows.map(({ height, width }) => {
      const channels = rule().classes
      const data = Float32Array.from({ length: height * width * channels }, (_, i) =>
        Number(i % channels === 1),
      )
      return { height, width, channels, data }
    })
  }
  return { shown, network }
}

describe('scenes in evaluation', () => {
  it.each([
    ['as they are', null, 64],
    ['enlarged', [96, 96] as const, 96],
    ['reduced', [48, 48] as const, 48],
  ])('%s are what training shows: same size, same normalisation, same resampling', async (_, fit, crop) => {
    const loader = openSceneLoader({
      scenes: await scenes(),
      modalities: ['rgb', 'ir'],
      rule: rule(),
      augment: { fit, scale: [1, 1], crop, catMaxRatio: 1, flip: 0 },
      normalisation,
      batch: 1,
      shuffle: false,
      workers: 1,
    })
    const batch = (await loader.batches(0).next()).value as SceneBatch
    await loader.close()
    for (const [which, modality] of (['rgb', 'ir'] as const).entries()) {
      const { shown, network } = watching()
      await predictScene(network, (await scenes())[0]!, modality, { rule: rule(), normalisation, fit })
      expect([shown.length, shown[0]!.height, shown[0]!.width]).toEqual([1, crop, crop])
      const trained = batch.images.subarray(which * crop * crop * 3, (which + 1) * crop * crop * 3)
      trained.forEach((value, i) => void expect(shown[0]!.data[i]).toBeCloseTo(value, 4))
    }
  })

  it('are counted against the stored label map, whatever size they were shown in', async () => {
    const { network } = watching()
    const reading = { rule: rule(), normalisation, fit: [96, 96] as const }
    const counted = await evaluateScenes(network, await scenes(), 'ir', reading)
    const column = (answer: number) =>
      Array.from({ length: counted.classes }, (_, label) => counted.counts[label * counted.classes + answer]!)
    expect(column(1).reduce((a, b) => a + b, 0)).toBe(2 * 64 * 64)
    expect(column(0).every((count) => count === 0)).toBe(true)
  })

  it('say which image they lack', async () => {
    const [{ images: _, ...scene }] = (await scenes()) as [LabelledPair]
    const { network } = watching()
    await expect(
      predictScene(network, { ...scene, images: {} }, 'ir', { rule: rule(), fit: null }),
    ).rejects.toThrow(/scene .* has no ir image/)
  })
})
