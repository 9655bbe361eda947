import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listOf, number, oneOf, outputFile, range, share, text, wholeNumber } from './flag-kinds'
import { flag, readFlags, several, toggle } from './flags'

const flags = {
  out: flag(text, { required: true, description: 'file' }),
  data: several(text, { description: 'folders' }),
  'on-bad': flag(oneOf(['refuse', 'skip']), { default: 'refuse', description: 'what to do' }),
  size: flag(wholeNumber(), { description: 'side' }),
  centre: toggle({ default: true, description: 'subtract the mean' }),
  flip: toggle({ description: 'mirror' }),
}
const sources = { name: 'SOURCE', description: 'folders', several: true }
const values = (...words: string[]) => readFlags(flags, ['--out', 'x', ...words]).values

describe('flags', () => {
  it('have values of their kinds, or their defaults', () => {
    expect(values()).toEqual({
      out: 'x',
      data: undefined,
      'on-bad': 'refuse',
      size: undefined,
      centre: true,
      flip: undefined,
    })
    expect(values('--on-bad=skip', '--size', '8', '--no-centre', '--flip')).toMatchObject({
      'on-bad': 'skip',
      size: 8,
      centre: false,
      flip: true,
    })
    expect(values('--centre=false').centre).toBe(false)
  })

  it('take several words where they may, and the last value where they may not', () => {
    expect(values('--data', 'a', 'b', '--size', '2', '--data=c', '--size=4')).toMatchObject({
      data: ['a', 'b', 'c'],
      size: 4,
    })
  })

  it('leave words beside them to the command', () => {
    expect(readFlags(flags, ['a', '--flip', 'b', '--out', 'x', 'c'], sources).operands).toEqual([
      'a',
      'b',
      'c',
    ])
    const one = { ...sources, several: false }
    expect(() => readFlags(flags, ['a', '--out=x', 'b'], one)).toThrow('one SOURCE is wanted, 2 are given')
    expect(() => readFlags(flags, ['--out=x'], sources)).toThrow(
      'at least one SOURCE is wanted, none is given',
    )
  })

  it.each([
    ['--ot', 'unknown flag --ot; there are --out, --data, --on-bad'],
    ['--onBad=skip', 'unknown flag --onBad; there are'],
    ['--constructor', 'unknown flag --constructor; there are'],
    ['--no-size', 'unknown flag --no-size; there are'],
    ['--no-flip=true', 'unknown flag --no-flip; there are'],
    ['--size', '--size has no value'],
    ['--size --flip', '--size has no value'],
    ['--data', '--data has no value'],
    ['--data=', '--data has no value'],
    ['--size 1.5', '--size 1.5: a whole number of at least 1 is wanted'],
    ['--centre=no', '--centre=no: --centre or --no-centre is wanted'],
    ['--centre false', "unexpected word 'false'; flags are --out"],
    ['-s 3', "unexpected word '-s'; flags are --out"],
    ['--', 'unknown flag --; there are'],
  ])('refuse %s', (line, message) => expect(() => values(...line.split(' '))).toThrow(message))

  it('are missed where they are needed', () => {
    expect(() => readFlags(flags, ['--size', '3'])).toThrow('--out is missing')
    expect(() => readFlags(flags, ['--ot', 'x'])).toThrow('unknown flag --ot') // not: --out is missing
    expect(() => readFlags(flags, ['--out='])).toThrow('--out has no value')
    expect(() => readFlags(flags, ['--out', ' '])).toThrow('--out has no value')
  })
})

describe('kinds of flags', () => {
  it('refuse a file that cannot be written before anything is done, and leave nothing behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'univ-output-'))
    const file = join(folder, 'a.json')
    writeFileSync(file, '')
    for (const sound of [file, join(folder, 'new.json')]) expect(outputFile(sound, 'x')).toBe(sound)
    expect(() => outputFile(join(folder, 'none', 'a.json'), 'x')).toThrow(
      `--x ${join(folder, 'none', 'a.json')}: there is no folder ${join(folder, 'none')}`,
    )
    expect(() => outputFile(join(file, 'b.json'), 'x')).toThrow(`there is no folder ${file}`)
    expect(() => outputFile(folder, 'x')).toThrow(`--x ${folder} is a folder; name a file`)
    if (process.platform !== 'win32')
      expect(() => outputFile('/dev/null', 'x')).toThrow('--x /dev/null is no regular file')
    expect(() => outputFile('', 'x')).toThrow('--x has no value')
    expect(readdirSync(folder)).toEqual(['a.json'])
  })

  it('read what is right', () => {
    expect(number()('-1e3', 'x')).toBe(-1000)
    expect(number(0, 1)('0', 'x')).toBe(0)
    expect(wholeNumber(0)('0', 'x')).toBe(0)
    expect(share('1', 'x')).toBe(1)
    expect(listOf(wholeNumber(0))('11, 255', 'x')).toEqual([11, 255])
    expect(listOf(text, { mayBeEmpty: true })('', 'x')).toEqual([])
    expect(range('-40, 120.5', 'x')).toEqual([-40, 120.5])
    expect(oneOf(['rgb', 'ir'])('ir', 'x')).toBe('ir')
  })

  it('show the words that a value can be, unless the flag has a hint of its own', () => {
    const kind = oneOf(['refuse', 'skip'])
    expect(flag(kind, { description: '' }).valueHint).toBe('refuse|skip')
    expect(several(kind, { description: '' }).valueHint).toBe('refuse|skip')
    expect(flag(kind, { description: '', valueHint: 'NAME' }).valueHint).toBe('NAME')
    expect(flag(text, { description: '' })).not.toHaveProperty('valueHint')
  })

  it.each([
    [() => number(0.5)('0.4', 'x'), '--x 0.4: a number of at least 0.5 is wanted'],
    [() => number()('Infinity', 'x'), '--x Infinity: a number is wanted'],
    [() => number(0, 1)('1.2', 'x'), '--x 1.2: a number from 0 to 1 is wanted'],
    [() => wholeNumber(16)('15', 'x'), '--x 15: a whole number of at least 16 is wanted'],
    [() => wholeNumber(1, 9)('10', 'x'), '--x 10: a whole number from 1 to 9 is wanted'],
    [() => wholeNumber(0)(' ', 'x'), 'a whole number of at least 0 is wanted'],
    [() => share('', 'x'), 'a share from 0 to 1 is wanted'],
    [() => listOf(wholeNumber())('1,big', 'x'), '--x big: a whole number'],
    [() => listOf(oneOf(['a', 'b']))('', 'x'), 'a or b is wanted'],
    [() => oneOf(['a', 'b', 'c'])('toString', 'x'), '--x toString: one of a, b, c is wanted'],
    ...['9,7', '7,7', '7', ',7', '7,8,9', '7,hot', '0,Infinity'].map(
      (given) =>
        [
          () => range(given, 'x'),
          `--x ${given}: LOW,HIGH, two numbers of which the lower comes first, is wanted`,
        ] as const,
    ),
  ] as const)('name the flag and what is wanted: %#', (read, message) => expect(read).toThrow(message))
})
