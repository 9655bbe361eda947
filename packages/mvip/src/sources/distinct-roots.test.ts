import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkDistinct } from './distinct-roots'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'univ-roots-')))
const [a, b, link] = ['a', 'b', 'link'].map((name) => join(root, name)) as [string, string, string]
mkdirSync(a)
mkdirSync(b)
symlinkSync(a, link)

describe('roots that are joined', () => {
  it('may be one folder where lists or splits differ', () => {
    for (const roots of [
      [{ path: a }, { path: b }],
      [
        { path: a, split: 'train' },
        { path: a, split: 'val' },
      ],
      [{ path: a, list: 'x.txt' }, { path: a, list: 'y.txt' }, { path: a }],
    ])
      expect(() => checkDistinct(roots)).not.toThrow()
  })

  it('are refused where pairs would count twice', () => {
    expect(() => checkDistinct([{ path: a }, { path: b }, { path: a }])).toThrow(
      `${a} is given twice: its pairs would count twice`,
    )
    expect(() => checkDistinct([{ path: a }, { path: link }])).toThrow(
      `${link} and ${a} are one folder: its pairs would count twice`,
    )
    expect(() => checkDistinct([{ path: a }, { path: `${b}/../a/` }])).toThrow('are one folder')
    expect(() => checkDistinct([{ path: 'none' }, { path: './none' }])).toThrow('are one folder')
  })
})
