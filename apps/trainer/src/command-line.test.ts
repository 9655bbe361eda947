import { describe, expect, it } from 'vitest'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from './command-line'
import { duration } from './progress'

describe('the command line', () => {
  it('collects every --set, in both spellings', () => {
    expect(changesFrom(['--set', 'a=1', '--config', 'x', '--set=b.c=2'], 'cpu')).toEqual([
      'a=1',
      'b.c=2',
      'engine=cpu',
    ])
  })

  it('does not pass over typing errors', () => {
    expect(() => refuseUnknown({ _: [], confg: 'x' }, runArgs)).toThrow(
      /unknown option --confg; there are --config, --set/,
    )
    expect(() => refuseUnknown({ _: ['stray'], config: 'x' }, runArgs)).toThrow(/unexpected argument 'stray'/)
    expect(() => refuseUnknown({ _: [], config: 'x' }, runArgs)).not.toThrow()
  })

  it('says how to go on', () => {
    expect(resumeCommand(['--config', 'my config.yaml', '--set', 'a=1'], 'pretrain')).toBe(
      "univ-train pretrain --config 'my config.yaml' --set a=1 --resume",
    )
  })
})

describe('duration', () => {
  it('is told in two units', () => {
    expect([12.4, 200, 3900, Number.NaN].map(duration)).toEqual(['12 s', '3 min 20 s', '1 h 05 min', '–'])
  })
})
