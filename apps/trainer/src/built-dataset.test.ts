import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'built-dataset-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const main = (app: string) => new URL(`../../${app}/dist/main.js`, import.meta.url).pathname

/** Runs one of the built commands in the test's folder. */
function run(app: 'mvip' | 'trainer' | 'eval', ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main(app), ...words], {
    encoding: 'utf8',
    cwd: root,
  })
  return { status, text: `${stdout}${stderr}` }
}
const done = (app: Parameters<typeof run>[0], ...words: string[]) => {
  const { status, text } = run(app, ...words)
  expect(status, text).toBe(0)
  return text
}
const small = ['model=mcmae/tiny', 'data.size=64', 'data.workers=1', 'train.epochs=1', 'train.batch=4']
const teach = (...words: string[]) =>
  done('trainer', 'teacher', ...words, '--engine', 'cpu', ...small.flatMap((set) => ['--set', set]))
const json = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))

// `npm test` builds first; the commands are tested as they are installed.
describe.skipIf(!['mvip', 'trainer', 'eval'].every((app) => existsSync(main(app))))('a built dataset', () => {
  beforeAll(() => {
    done('mvip', 'synthetic', '--out', 'made', '--sequences', '6', '--frames', '2', '--size', '64')
    done('mvip', 'build', 'made', '--out', 'set', '--duplicates', 'report', '--workers', '1')
    done('mvip', 'split', 'set', '--shares', 'train=0.67,val=0.33')
    done('mvip', 'shard', 'set', '--split', 'train', '--out', 'shards')
    // What a build recorded is enough.
    rmSync(join(root, 'made', 'classes.txt'))
    expect(teach('--labels', 'set', '--out', 'teacher')).toMatch(/1 epoch of 2 batches[\s\S]*val/)
    const shared = 'engine: cpu\nthreads: 1\nbackbone: { checkpoint: teacher/last.safetensors }\n'
    writeFileSync(
      join(root, 'segment.yaml'),
      `${shared}head: { channels: 8, auxiliaryChannels: 4 }
data: { train: set, val: set, modality: both, fit: null, scale: [0.75, 1.5], crop: 48, workers: 1 }
train: { iterations: 2, validateEvery: 2, batch: 2, warmup: 1 }
`,
    )
    writeFileSync(
      join(root, 'detect.yaml'),
      `${shared}detector: { channels: 8, boxWidth: 16, proposals: 20, regionSamples: 8 }
data: { path: set, val: {}, size: [64, 64], workers: 1 }
train: { epochs: 1, batch: 4, warmupEpochs: 0 }
`,
    )
  })

  it('trains a segmenter on its train split, and scores it on its val split', () => {
    const said = done('trainer', 'segment', '--config', 'segment.yaml', '--out', 'segment')
    expect(said).toContain('8 scenes in rgb and ir, 9 classes')
    expect(json('segment/segment.json').scenes).toBe(4)
    const again = done(
      'eval',
      'segment',
      '--checkpoint',
      'segment/last.safetensors',
      '--data',
      'set',
      '--split',
      'val',
    )
    for (const line of again.trim().split('\n')) expect(said).toContain(line)
  })

  it('trains a detector on its train split, and scores it on its val split', () => {
    const said = done('trainer', 'detect', '--config', 'detect.yaml', '--out', 'detect')
    expect(said).toMatch(/8 scenes, rgb and ir; classes unlabelled, car, .*; held out 4/)
    expect(json('detect/detect.json').scenes).toBe(4)
    const wrong = run(
      'trainer',
      'detect',
      '--config',
      'detect.yaml',
      '--out',
      'x',
      '--set',
      'data.rgb=made/vi',
    )
    expect(wrong).toMatchObject({
      status: 1,
      text: 'univ-train: data.rgb is given beside data.path, which tells images and boxes\n',
    })
  })

  it('gives its images to masked autoencoding, and its labels to a probe', () => {
    expect(teach('--mae', 'set', '--out', 'mae')).toContain('1 epoch of 2 batches')
    const probe = [
      '--train',
      'set',
      '--train-split',
      'train',
      '--data',
      'set',
      '--split',
      'val',
      '--size',
      '64',
    ]
    done(
      'eval',
      'probe',
      '--checkpoint',
      'teacher/last.safetensors',
      ...probe,
      '--kind',
      'knn',
      '--json',
      'probe.json',
    )
    const { fitted, asked, classes } = json('probe.json')
    expect([fitted, asked.length, classes.length]).toEqual([8, 4, 9])
  })

  it('is not probed on what the probe is fitted on', () => {
    const same = ['--train', 'set', '--data', 'set', '--split', 'val', '--train-split', 'val', '--size', '64']
    expect(run('eval', 'probe', '--checkpoint', 'teacher/last.safetensors', ...same)).toMatchObject({
      status: 1,
      text: expect.stringMatching(/set: the probe would be fitted on the scenes that it is asked about/),
    })
  })

  it('is asked for where shards are given', () => {
    for (const [command, ...words] of [
      ['segment', '--config', 'segment.yaml', '--set', 'data.train=shards'],
      ['detect', '--config', 'detect.yaml', '--set', 'data.path=shards'],
      ['teacher', '--labels', 'shards'],
    ] as const)
      expect(run('trainer', command, ...words, '--out', 'x')).toMatchObject({
        status: 1,
        text: 'univ-train: shards holds shards, which are for training without labels: give the dataset that they were packed from, or its source\n',
      })
  })
})
