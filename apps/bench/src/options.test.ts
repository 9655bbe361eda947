import { readFlags } from '@univ/command-line'
import { describe, expect, it } from 'vitest'
import { benchFlags, consistentOptions, type TaskOptions, variant, wordsOf } from './options'

const read = (line: string) =>
  consistentOptions(
    readFlags(
      benchFlags,
      line.split(' ').filter((word) => word !== ''),
    ).values,
  )

describe('options', () => {
  it('default to the base step of the table', () => {
    expect(read('--task step')).toMatchObject({
      task: 'step',
      model: 'base',
      batch: 2,
      size: 224,
      engine: 'auto',
      without: [],
    })
  })

  it('take the image side of the task', () => {
    expect(read('--task seg-infer').size).toBe(512)
    expect(read('--task seg-infer --size 64').size).toBe(64)
    expect(read('').size).toBeUndefined()
  })

  it('name the one that is wrong, and what is wanted', () => {
    expect(() => read('--task walk')).toThrow(
      '--task walk: one of infer, step, seg-infer, seg-step is wanted',
    )
    expect(() => read('--batch 0')).toThrow('--batch 0')
    for (const words of ['--python python3', '--peer peer.py', '--style best'])
      expect(() => read(`--task step ${words}`)).toThrow(
        `${words.split(' ')[0]} is of the PyTorch peer: give --beside peer too`,
      )
    expect(read('--task step --beside peer --python python3').python).toBe('python3')
    expect(() => read('--json -')).toThrow('--json needs --task')
    expect(() => read('--task step --json none/a.json')).toThrow('there is no folder')
    expect(read('--task step --json -').json).toBe('-')
    expect(() => read('--batch two')).toThrow('--batch two')
    expect(() => read('--size 100')).toThrow('--size 100: a multiple of 16 is wanted')
    expect(() => read('--engine gpu')).toThrow('--engine gpu: auto, cpu, webgpu')
    expect(() => read('--without speed')).toThrow('--without speed')
    expect(() => read('--bacth 2')).toThrow('unknown flag --bacth')
    expect(() => read('step')).toThrow("'step'")
  })

  it('refuse what would be passed over', () => {
    expect(() => read('--task infer --full')).toThrow('--full is of --task step')
    expect(() => read('--task step --precision int8')).toThrow('--precision int8 is of --task infer')
    expect(() => read('--task infer --recompute')).toThrow('--recompute is of --task step')
    expect(() => read('--task seg-step --full')).toThrow('--full is of --task step')
    expect(() => read('--task seg-step --batch 1')).toThrow('seg-step needs 2 images')
    expect(() => read('--count')).toThrow('--count needs --task')
    expect(() => read('--task infer --check kept.json')).toThrow('give --count too')
    expect(() => read('--beside peer')).toThrow('--beside needs --task')
    for (const words of ['--batch 7', '--full', '--cache .'])
      expect(() => read(words)).toThrow(`${words.split(' ')[0]} needs --task`)
    expect(() => read('--task step --size 16000000')).toThrow('from 16 to 8192')
    expect(() => read('--task step --threads 5000')).toThrow('from 1 to 256')
    expect(() => read('--task step --json .')).toThrow('is a folder')
    expect(() => read('--paced')).toThrow('--paced needs --task')
    expect(() => read('--task step --beside peer --profile')).toThrow('--profile is of one program')
  })

  it('say themselves again, with some changed', () => {
    const given = read('--task step --full --batch 3 --without deadCode --threads 1') as TaskOptions
    expect(read(wordsOf(given).join(' '))).toEqual(given)
    expect(variant(given, 'threads=2 recompute without=tileBatch')).toMatchObject({
      ...given,
      threads: 2,
      recompute: true,
      without: ['tileBatch'],
    })
    expect(() => variant(given, 'thread=2')).toThrow(
      'thread is not peer, and no flag that may differ; those are task, model',
    )
    for (const flags of ['runs=2', 'count', 'json=x.json'])
      expect(() => variant(given, flags)).toThrow('no flag that may differ')
    expect(() => variant(given, 'threads=x')).toThrow('--threads x')
  })
})
