import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparable } from './comparable'
import { pretrainSchema } from './pretrain-schema'
import { readConfig } from './read-config'
import { teacherSchema } from './teacher-schema'

const folder = mkdtempSync(join(tmpdir(), 'config-'))
function file(text: string): string {
  const path = join(folder, 'test.yaml')
  writeFileSync(path, text)
  return path
}
const least = 'data: { roots: [{ path: pairs }] }\nteacher: { checkpoint: teacher.pth }\n'
const read = (text: string, ...changes: string[]) => readConfig(pretrainSchema, file(text), changes)
const shipped = (name: string) => new URL(`../../../../configs/${name}.yaml`, import.meta.url).pathname

describe('readConfig', () => {
  it('fills in the published setting', () => {
    const config = read(least)
    expect(config.lora).toMatchObject({ rank: 8, alpha: 32, dropout: 0.1 })
    expect(config.labels).toMatchObject({ source: 'attention', layer: -1, mass: 0.6 })
    expect(config.logits).toMatchObject({ kind: 'fixed', temperature: 0.04 })
    expect(config.data.augment).toEqual({ crop: [0.4, 1], flip: 0.5 })
  })

  it('reads the shipped files, the paper’s rate among them', () => {
    const paper = readConfig(pretrainSchema, shipped('paper'))
    const { lr, batch, accumulate, lrReferenceBatch } = paper.train
    expect((lr * batch * accumulate) / lrReferenceBatch!).toBeCloseTo(1.5e-4, 12)
    expect(paper).toMatchObject({ seed: 7, saveEveryEpochs: 20 })
    expect(paper.train).toMatchObject({ epochs: 400, warmupEpochs: 40, weightDecay: [0.05, 0.5], clip: 3 })
    for (const name of ['trial', 'own-pairs'])
      expect(readConfig(pretrainSchema, shipped(name)).logits).toMatchObject({ kind: 'fitted' })
    expect(readConfig(teacherSchema, shipped('teacher-camvid')).data).toMatchObject({
      classes: 12,
      ignore: [11],
    })
  })

  it('names an unknown key, and those allowed in its place', () => {
    expect(() => read(`${least}train: { epochz: 3 }`)).toThrow(
      /test\.yaml: train\.epochz: unknown key; allowed here: epochs, batch, accumulate, lr,/,
    )
    expect(() => read(`${least}lora: { rnak: 3 }`)).toThrow(
      /lora\.rnak: unknown key; allowed here: rank, alpha/,
    )
    expect(() => read('data: { roots: [{ pth: x }] }\nteacher: { checkpoint: t }')).toThrow(
      /data\.roots\.0\.pth: unknown key; allowed here: path, list/,
    )
  })

  it('names a bad value, and what is wanted', () => {
    expect(() => read(`${least}labels: { source: attn }`)).toThrow(
      /labels\.source: expected one of attention, keys, features, got "attn"/,
    )
    expect(() => read(`${least}train: { lr: fast, batch: 2.5, clip: -1 }`)).toThrow(
      /train\.batch: expected a whole number, got 2\.5\n.*train\.lr: expected a number, got "fast"\n.*train\.clip: expected more than 0, got -1/,
    )
    expect(() => read(`${least}train: { lr: .nan, clip: .inf, weightDecay: [.nan, 0, 1] }`)).toThrow(
      /train\.lr: .* got \.nan\n.*train\.weightDecay: .* got \["\.nan",0,1\]\n.*train\.clip: .* got \.inf/s,
    )
    expect(() => read('teacher: { checkpoint: t }')).toThrow(/data: expected an object, got nothing/)
    expect(() => read(`just a ${'very '.repeat(50)}long text`)).toThrow(
      /expected an object, got "just a (very ){14}ve…$/,
    )
    expect(() => read(`${least}engine: npu`)).toThrow(
      /engine: expected auto, cpu, webgpu, cuda or tfjs:<backend>/,
    )
  })

  it('lists every problem at once', () => {
    expect(() => read(`${least}sed: 1\ntrain: { epochs: 0 }`)).toThrow(
      /train\.epochs: expected at least 1, got 0\n.*sed: unknown key/,
    )
  })

  it('says where YAML is broken', () => {
    expect(() => read('data: [1, 2')).toThrow(/test\.yaml: .*line 1, column 12$/)
    expect(() => read('seed: 1\nseed: 2')).toThrow(/test\.yaml: Map keys must be unique at line 2, column 1$/)
    expect(() => read('seed: 1\n---\nseed: 2')).toThrow(
      /test\.yaml: several documents, with --- between them; one is wanted$/,
    )
    expect(() => readConfig(pretrainSchema, join(folder, 'none.yaml'))).toThrow(
      /none\.yaml: cannot be read \(ENOENT\)/,
    )
  })

  it.skipIf(process.platform === 'win32')(
    'refuses folders, devices and pipes, for whose writer it would wait',
    () => {
      const pipe = join(folder, 'pipe.yaml')
      execFileSync('mkfifo', [pipe])
      for (const path of [pipe, folder, '/dev/zero'])
        expect(() => readConfig(pretrainSchema, path)).toThrow(`${path}: is not a regular file`)
    },
  )

  it('takes changes from the command line, typed as in the file', () => {
    const config = read(least, 'train.lr=1e-3', 'lora=null', 'data.roots.0.path=other', 'labels.centre=false')
    expect([config.train.lr, config.lora, config.data.roots, config.labels.centre]).toEqual([
      0.001,
      null,
      [{ path: 'other', split: 'train' }],
      false,
    ])
    expect(() => read(least, 'train.lr')).toThrow(/--set train\.lr: expected a path and a value/)
    expect(() => read(least, 'teacher.checkpoint.x=1')).toThrow(/'x' lies below "teacher\.pth"/)
  })
})

describe('comparable', () => {
  it('leaves out what may differ when a run is resumed', () => {
    const [a, b] = [
      read(least),
      read(
        least,
        'engine=cpu',
        'threads=1',
        'recompute=true',
        'data.workers=3',
        'data.onCorrupt.skip=9',
        'out=there',
      ),
    ]
    expect(comparable(b)).toEqual(comparable(a))
    expect(comparable(read(least, 'seed=8'))).not.toEqual(comparable(a))
  })
})
