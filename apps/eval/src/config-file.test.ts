import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { withConfigFile } from './config-file'

const root = mkdtempSync(join(tmpdir(), 'univ-config-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const file = join(root, 'eval.yaml')
const flags = (yaml: string, ...words: string[]) => {
  writeFileSync(file, yaml)
  return withConfigFile(['--config', file, ...words])
}

describe('--config', () => {
  it('puts its entries where flags stand; the command line wins', () => {
    expect(
      flags('batch: 8\non-bad: skip\ndata: [a, b]\nlist: true\ncentre: false\n', '--batch', '2'),
    ).toEqual([...['--on-bad', 'skip', '--data', 'a', 'b', '--list', '--no-centre', '--batch', '2']])
    expect(withConfigFile([`--config=${file}`, '--batch=4'])).not.toContain('8')
    expect(withConfigFile(['--batch', '2'])).toEqual(['--batch', '2'])
  })

  it('is refused where it is no list of flags', () => {
    expect(() => flags('batch: {a: 1}')).toThrow(`${file}: batch is {"a":1}, wanted a text`)
    expect(() => flags('- a')).toThrow(`${file}: entries such as`)
    expect(() => flags('a: [')).toThrow(file)
    expect(() => withConfigFile(['--config', join(root, 'none.yaml')])).toThrow('no such file')
    expect(() => withConfigFile(['--config'])).toThrow('--config has no value')
  })
})
