import { describe, expect, it } from 'vitest'
import { runByTurns } from './by-turns'
import { ratioOf, ratioText } from './ratios'

const json = '{ ms: 1, per_second: 2, peak_rss_mb: 3, order }'

/** A program that takes as long as it says, and notes when its runs begin. */
const program = (name: string, body: string) => ({
  name,
  command: process.execPath,
  words: [
    '--input-type=module',
    '--eval',
    `import { createInterface } from 'node:readline'
    const order = []
    const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
    const next = async () => { await lines.next(); order.push(Date.now()) }
    ${body}`,
  ],
})

const runs = (ms: readonly number[]) =>
  `console.log('paced warm'); for (const ms of ${JSON.stringify(ms)}) { await next(); console.log('a word'); console.log('paced ' + ms) }; console.log(JSON.stringify(${json}))`

describe('runByTurns', () => {
  it('gives each program a run in turn, and reads what they measured', async () => {
    const seen: string[] = []
    const programs = [program('a', runs([10, 20, 30])), program('b', runs([20, 20, 20]))]
    const [a, b] = await runByTurns(programs, 3, (name, warmingUp) =>
      seen.push(warmingUp ? `${name} warms` : name),
    )
    expect(seen).toEqual(['a warms', 'b warms', 'a', 'b', 'a', 'b', 'a', 'b'])
    expect([a!.times, b!.times]).toEqual([
      [10, 20, 30],
      [20, 20, 20],
    ])
    expect(a!.result).toMatchObject({ ms: 1, peak_rss_mb: 3 })
    const began = (turns: typeof a) => turns!.result.order as readonly number[]
    const order = [0, 1, 2].flatMap((run) => [began(a)[run]!, began(b)[run]!])
    expect(order).toEqual([...order].sort((x, y) => x - y))
    expect(ratioOf(a!, b!)).toEqual({ ratio: 1, quartiles: [1, 1.5] })
    expect(ratioText(ratioOf(a!, b!))).toBe('1.00 (1.00-1.50)')
  })

  it.each([
    ['fails before it is warm', "throw new Error('no memory')", 'no memory'],
    ['fails in a run', "console.log('paced warm'); await next(); throw new Error('no memory')", 'no memory'],
    ['ends early', "console.log('paced warm'); await next(); process.exit(0)", 'ended before its last run'],
    [
      'has no result',
      "console.log('paced warm'); await next(); console.log('paced 5')",
      "'paced 5', where its JSON is wanted",
    ],
  ])('tells of a program that %s', async (_, body, words) => {
    await expect(runByTurns([program('good', runs([1])), program('bad', body)], 1)).rejects.toThrow(words)
  })

  it('tells of a command that is not there', async () => {
    await expect(runByTurns([{ name: 'none', command: 'no-such-python', words: [] }], 1)).rejects.toThrow(
      'ENOENT',
    )
  })
})
