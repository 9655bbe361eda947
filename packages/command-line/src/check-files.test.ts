import { mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { command } from './command'
import { outputFile, text } from './flag-kinds'
import { flag, several } from './flags'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'univ-files-')))
const file = (name: string) => join(folder, name)
for (const name of ['in', 'in.extras', 'b']) writeFileSync(file(name), '')
symlinkSync(file('in'), file('link'))
symlinkSync(folder, file('there'))

let runs = 0
const copy = command({
  name: 'copy',
  description: 'copies',
  flags: {
    in: several(text, { file: 'read', companion: (path) => `${path}.extras`, description: 'from' }),
    out: flag(outputFile, { file: 'written', companion: (path) => `${path}.json`, description: 'to' }),
    log: flag(outputFile, { file: 'written', description: 'log' }),
    note: flag(text, { description: 'no file' }),
  },
  run: () => void runs++,
})
const run = (line: string) => copy.run(line.split(' ').map((word) => word.replace(/^@/, `${folder}/`)))
beforeEach(() => {
  runs = 0
})

describe('files of flags', () => {
  it('may lie beside each other, and be read twice', async () => {
    await run('--in @in @in @b --out @out --log @log --note @out')
    await run('--in none --out @b')
    expect(runs).toBe(2)
  })

  it.each([
    ['--in @in --out @in', '--out @in is --in @in: the command would overwrite what it reads; name another'],
    ['--in @b @in --log @in', '--log @in is --in @in: the command would overwrite what it reads'],
    ['--in @link --out @in', '--out @in is --in @link: the command would overwrite what it reads'],
    ['--in @in --out @link', '--out @link is --in @in: the command would overwrite what it reads'],
    ['--in @in --out @there/./in', '--out @there/./in is --in @in: the command would overwrite'],
    ['--in @in --out @in.extras', '--out @in.extras is @in.extras (of --in @in): the command'],
    ['--out @new --log @there/new', '--out @new and --log @there/new are one file; name two'],
    ['--out @a --log @a.json', '@a.json (of --out @a) and --log @a.json are one file; name two'],
  ])('are refused before anything is done: %s', async (line, message) => {
    await expect(run(line)).rejects.toThrow(message.replaceAll('@', `${folder}/`))
    expect(runs).toBe(0)
  })
})
