import { describe, expect, it } from 'vitest'
import { checkWords, numberList, numberWithin, oneOf, repeated, wholeNumber } from './arguments'
import { progressLine } from './progress'

describe('the command line', () => {
  it('takes several values after a flag, and a flag several times', () => {
    const words = ['--image', 'a.png', 'b.png', '--out', 'x', '--image=c.png']
    expect(repeated(words, 'image')).toEqual(['a.png', 'b.png', 'c.png'])
    expect(() => repeated([], 'image')).toThrow('--image is missing')
  })

  it('names a flag with a wrong value, and what is wanted', () => {
    expect(() => wholeNumber('size', '1.5')).toThrow('--size 1.5: a whole number of at least 1 is wanted')
    expect(() => wholeNumber('size', '')).toThrow('--size')
    expect(() => numberWithin('mass', '1.2', 0, 1)).toThrow('--mass 1.2: a number from 0 to 1')
    expect(() => oneOf('modality', 'uv', ['rgb', 'ir'])).toThrow('--modality uv: rgb or ir is wanted')
    expect(numberList('ignore', '11, 255')).toEqual([11, 255])
  })

  it('refuses what no flag takes', () => {
    const known = { data: { type: 'string' }, out: { type: 'string' }, centre: { type: 'boolean' } } as const
    expect(() => checkWords(['--data', 'a', 'b', '--no-centre', '--out=x'], known, ['data'])).not.toThrow()
    expect(() => checkWords(['--dta', 'a'], known)).toThrow('unknown flag --dta; there are --data, --out')
    expect(() => checkWords(['--out', 'a', 'b'], known, ['data'])).toThrow("unexpected word 'b'")
    expect(() => checkWords(['--out', '--data', 'a'], known)).toThrow('--out has no value')
  })
})

describe('progress', () => {
  const linesOf = (isTTY: boolean): string[] => {
    const written: string[] = []
    const tell = progressLine('images', { isTTY, write: (text) => written.push(String(text)) > 0 })
    for (let done = 1; done <= 100; done++) tell(done, 100)
    return written
  }

  it('rewrites one line on a terminal', () => {
    const written = linesOf(true)
    expect(written.length).toBe(100)
    expect(written.every((text, i) => text.startsWith('\r') && text.endsWith('\n') === (i === 99))).toBe(true)
  })

  it('writes a plain line every tenth elsewhere', () => {
    const written = linesOf(false)
    expect(written.length).toBe(10)
    expect(written[9]).toMatch(/^images 100\/100, [\d.]+\/s, 0 s left\n$/)
  })
})
