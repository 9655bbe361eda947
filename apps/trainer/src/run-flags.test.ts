import { readFlags } from '@univ/command-line'
import { describe, expect, it } from 'vitest'
import { changesFrom, resumeCommand, runFlags } from './run-flags'

const changes = (...words: string[]) => changesFrom(readFlags(runFlags, words).values)

describe('flags of a run', () => {
  it('are changes of its configuration: every --set in both spellings, --engine and --recompute', () => {
    expect(changes('--set', 'a=1', '--config', 'x', '--set=b.c=2', '--engine', 'cpu')).toEqual([
      'a=1',
      'b.c=2',
      'engine=cpu',
    ])
    expect(changes('--recompute')).toEqual(['recompute=true'])
    expect(changes('--no-recompute')).toEqual(['recompute=false'])
    expect(changes()).toEqual([])
  })

  it('are refused where they are wrong', () => {
    expect(() => changes('--confg', 'x')).toThrow(/unknown flag --confg; there are --config, --set/)
    expect(() => changes('stray')).toThrow(/unexpected word 'stray'/)
    expect(() => changes('--engine', 'gpu')).toThrow(
      '--engine gpu: auto, cpu, webgpu, cuda or tfjs:<backend> is wanted',
    )
  })

  it('say how to go on', () => {
    expect(resumeCommand(['--config', 'my config.yaml', '--set', 'a=1'], 'pretrain')).toBe(
      "univ-train pretrain --config 'my config.yaml' --set a=1 --resume",
    )
    expect(resumeCommand(['--out', "it's"], 'segment')).toBe("univ-train segment --out 'it'\\''s' --resume")
  })
})
