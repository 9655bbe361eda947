import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { command } from './command'
import { text, wholeNumber } from './flag-kinds'
import { flag } from './flags'
import { runCommand, runCommands } from './run-commands'

const seen: unknown[] = []
const add = command({
  name: 'add',
  description: 'adds a number',
  flags: { by: flag(wholeNumber(), { required: true, description: 'how much', valueHint: 'N' }) },
  operands: { name: 'NUMBER', description: 'to add to' },
  run: ({ by }, { operands, words }) => {
    if (operands[0] === 'nothing') throw new Error('nothing to add to')
    seen.push({ by, operands, words })
  },
})
const program = {
  name: 'sums',
  description: 'sums of numbers',
  version: '1.2.3',
  commands: {
    add: () => Promise.resolve({ default: add }),
    broken: () => Promise.reject(new Error('not loaded')),
  },
}

let [out, err]: [string[], unknown[]] = [[], []]
beforeEach(() => {
  ;[out, err] = [[], []]
  seen.length = 0
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(text))
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void err.push(text))
  vi.stubEnv('UNIV_DEBUG', '')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  process.exitCode = undefined
})

describe('commands', () => {
  it('run with the values of their flags', async () => {
    await runCommands(program, ['add', '1', '--by', '2'])
    await runCommands({ ...program, prepare: (words) => [...words, '--by=3'] }, ['add', '1'])
    expect(seen).toEqual([
      { by: 2, operands: ['1'], words: ['1', '--by', '2'] },
      { by: 3, operands: ['1'], words: ['1', '--by=3'] },
    ])
    expect([err, process.exitCode]).toEqual([[], undefined])
  })

  it.each([
    ['bogus', "sums: there is no command 'bogus'; commands are add, broken"],
    ['toString', "sums: there is no command 'toString'; commands are add, broken"],
    ['add 1', 'sums: --by is missing'],
    ['add 1 --yb 2', 'sums: unknown flag --yb; there are --by'],
    ['add nothing --by 2', 'sums: nothing to add to'],
    ['broken', 'sums: not loaded'],
  ])('tell errors in one line: %s', async (line, message) => {
    await runCommands(program, line.split(' '))
    expect([err, seen, process.exitCode]).toEqual([[message], [], 1])
  })

  it('show the stack where that is asked for', async () => {
    await runCommands(program, ['add', 'nothing', '--debug', '--by', '2'])
    vi.stubEnv('UNIV_DEBUG', '1')
    await runCommands(program, ['add', 'nothing', '--by', '2'])
    expect(err).toEqual([new Error('nothing to add to'), new Error('nothing to add to')])
  })

  it('show help, of all of them or of one', async () => {
    const whole = { ...program, commands: { add: program.commands.add } }
    for (const words of [[], ['--help'], ['-h']]) await runCommands(whole, words)
    expect(new Set(out).size).toBe(1)
    expect(out[0]).toMatch(/^sums of numbers .*COMMANDS.* add {4}adds a number/s)
    await runCommands(whole, ['add', '--yb', '--help'])
    expect(out.at(-1)).toMatch(/USAGE sums add \[OPTIONS\] <NUMBER> --by=<N>/)
    expect(out.at(-1)).toMatch(/--debug/)
    const prepared = { config: flag(text, { description: 'a file', valueHint: 'FILE' }) }
    await runCommands({ ...program, prepared }, ['add', '--help'])
    expect(out.at(-1)).toMatch(/USAGE sums add .*--config=<FILE> {4}a file.*--by=<N>/s)
    expect([err, seen]).toEqual([[], []])
  })

  it('tell the version, of whichever command it is asked', async () => {
    await runCommands(program, ['--version'])
    await runCommands(program, ['add', '--version'])
    expect([out, err, seen]).toEqual([['sums 1.2.3', 'sums 1.2.3'], [], []])
  })

  it('may stand alone', async () => {
    await runCommand(add, ['1', '--by', '2'])
    await runCommand(add, ['1', '--by', 'two'])
    await runCommand(add, ['-h'])
    expect(seen).toHaveLength(1)
    expect(err).toEqual(['add: --by two: a whole number of at least 1 is wanted'])
    expect(out[0]).toContain('USAGE add')
  })
})
