import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSyntheticPairs } from '@univ/mvip'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { golden } from './golden-fixtures'
import { openJournal } from './journal'
import { measurePatchProbe, type ProbeOptions } from './patch-probe'
import { probeJson, probePage, probeTable } from './report/probe-page'

const root = mkdtempSync(join(tmpdir(), 'univ-probe-'))
const [train, val] = [join(root, 'train'), join(root, 'val')]
beforeAll(async () => {
  await writeSyntheticPairs(train, { pairs: 8, size: 96 })
  await writeSyntheticPairs(val, { pairs: 4, size: 96, first: 8 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const options = (more: Partial<ProbeOptions> = {}): ProbeOptions => ({
  checkpoint: golden('mcmae-tiny/checkpoint.pth'),
  train: { data: train },
  val: { data: val },
  kinds: ['linear', 'knn'],
  ignore: [],
  size: 96,
  limit: 100,
  bank: 5000,
  neighbours: 5,
  temperature: 0.07,
  batch: 4,
  engine: 'cpu',
  ...more,
})

describe('probes of patch features', () => {
  it('are fitted in each modality and asked in each', async () => {
    const probe = await measurePatchProbe(options())
    expect(probe.tests.map(({ kind, fitted, asked }) => `${kind} ${fitted} ${asked}`)).toEqual([
      'linear rgb rgb',
      'linear rgb ir',
      'linear ir rgb',
      'linear ir ir',
      'knn rgb rgb',
      'knn rgb ir',
      'knn ir rgb',
      'knn ir ir',
    ])
    const patches = probe.truth.filter((label) => label >= 0).length
    for (const { scores, predicted } of probe.tests) {
      expect(scores.pixels.reduce((a, b) => a + b, 0)).toBe(patches)
      expect(predicted).toHaveLength(4 * 36)
    }
    // Even random features tell sky from ground in the modality that they were fitted in.
    for (const { kind, fitted, asked, scores } of probe.tests)
      if (fitted === asked) expect(scores.aAcc, `${kind} ${fitted}`).toBeGreaterThan(probe.majority)

    const { rows } = probeTable(probe)
    expect(rows).toHaveLength(9)
    expect(rows[1]!.slice(0, 3)).toEqual(['linear', 'RGB', 'IR'])
    expect(JSON.parse(JSON.stringify(probeJson(probe))).tests).toHaveLength(8)
    const html = await probePage(probe, { size: 96, pictures: 2 })
    // Two scenes, two modalities: image, truth and the four answers that were asked in it.
    expect(html.match(/<img /g)).toHaveLength(2 * 2 * 6)
    expect(html).not.toMatch(/(src|href)="https?:/)
  })

  it('asked about what they were fitted on find it: nearest neighbours are the patches themselves', async () => {
    const { tests } = await measurePatchProbe(
      options({ val: { data: train }, kinds: ['knn'], neighbours: 1, modalities: ['rgb'] }),
    )
    expect(tests[0]!.scores.aAcc).toBe(1)
  })

  it('leave ignored classes out of fitting and asking', async () => {
    const probe = await measurePatchProbe(options({ kinds: ['knn'], modalities: ['ir'], ignore: [0] }))
    expect([...probe.truth].includes(0)).toBe(false)
    expect([...probe.tests[0]!.predicted].includes(0)).toBe(false)
  })

  it('go on after an interruption, encoding no image twice, to the same end', async () => {
    const flags = { json: join(root, 'probe.json'), resume: true }
    const journal = async () => (await openJournal('probe', flags, [options().checkpoint]))!
    const whole = await measurePatchProbe(options({ kinds: ['knn'] }))
    const first = await journal()
    let recorded = 0
    const record = (key: string, value: unknown) => {
      if (++recorded > 11) throw new Error('interrupted') // in the second modality of the first split
      first.record(key, value)
    }
    await expect(
      measurePatchProbe(options({ kinds: ['knn'], journal: { ...first, record } })),
    ).rejects.toThrow('interrupted')
    const second = await journal()
    expect(second.known).toBe(11)
    expect(await measurePatchProbe(options({ kinds: ['knn'], journal: second }))).toEqual(whole)
    expect((await journal()).known).toBe(24) // 8 + 4 scenes in two modalities
  })

  it('say what does not fit', async () => {
    await expect(measurePatchProbe(options({ size: 100 }))).rejects.toThrow('do not divide into patches')
    await expect(measurePatchProbe(options({ neighbours: 9999 }))).rejects.toThrow('9999 neighbours among')
    await expect(measurePatchProbe(options({ train: { data: root } }))).rejects.toThrow(
      'no modality in common',
    )
  })
})
