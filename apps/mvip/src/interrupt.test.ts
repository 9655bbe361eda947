import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'univ-mvip-stop-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const run = (...words: string[]) =>
  spawnSync(process.execPath, [built, ...words], { encoding: 'utf8', cwd: root })

/** Runs a command and stops it once something is to be seen; once more where it was done before that. */
async function stopped(
  signal: NodeJS.Signals,
  when: () => boolean,
  words: readonly string[],
  tries = 5,
): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [built, ...words], { cwd: root, stdio: 'ignore' })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, by) => resolve(by)))
  while (child.exitCode === null && !when()) await setTimeout(1)
  child.kill(signal)
  const by = await ended
  if (by === signal || tries === 1) return by
  rmSync(join(root, words[words.indexOf('--out') + 1]!), { recursive: true })
  return stopped(signal, when, words, tries - 1)
}

const size = (...path: string[]) => statSync(join(root, ...path), { throwIfNoEntry: false })?.size ?? -1
const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(root, folder, name))]),
  )

// `npm test` builds first; the command is tested as it is installed.
describe.skipIf(!existsSync(built) || process.platform === 'win32')('univ-mvip, stopped half-way', () => {
  const build = (out: string) => [
    'build',
    'made',
    '--out',
    out,
    '--duplicates',
    'report',
    '--parquet',
    '--workers',
    '1',
  ]
  beforeAll(() => {
    expect(
      run('synthetic', '--out', 'made', '--sequences', '100', '--frames', '2', '--size', '32').status,
    ).toBe(0)
    expect(run(...build('whole')).status).toBe(0)
    expect(run('shard', 'whole', '--out', 'packed', '--pairs', '1').status).toBe(0)
  }, 60_000)

  const moments = {
    'before the first pair': (out: string) => size(out, '.build', 'journal.jsonl') >= 0,
    'among the pairs': (out: string) => size(out, '.build', 'journal.jsonl') > 0,
    'while it writes': (out: string) => size(out, '.build', 'manifest.jsonl') >= 0,
  }
  it.each(
    Object.entries(moments).flatMap(([moment, seen]) =>
      (['SIGINT', 'SIGKILL'] as const).map((signal) => ({ moment, signal, seen })),
    ),
  )(
    'builds the same bytes after $signal $moment',
    async ({ moment, signal, seen }) => {
      const out = `${moment} ${signal}`
      expect(await stopped(signal, () => seen(out), build(out))).toBe(signal)
      const { status, stderr } = run('verify', out)
      expect(status).toBe(1)
      expect(stderr).toMatch(/^univ-mvip: .* is unfinished: its build was interrupted, run it again/)
      expect(run(...build(out)).status).toBe(0)
      expect(filesOf(out)).toEqual(filesOf('whole'))
    },
    60_000,
  )

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'packs the same bytes after %s, and nothing takes the half for whole',
    async (signal) => {
      const out = `packed ${signal}`
      const seen = () => size(out, 'mvip-000003.tar') >= 0
      expect(await stopped(signal, seen, ['shard', 'whole', '--out', out, '--pairs', '1'])).toBe(signal)
      expect(readdirSync(join(root, out)).length).toBeLessThan(200)
      expect(run('shard', out, '--index').stderr).toMatch(/ is unfinished: what writes it .* was interrupted/)
      expect(run('shard', 'whole', '--out', out, '--pairs', '1').status).toBe(0)
      expect(filesOf(out)).toEqual(filesOf('packed'))
    },
    60_000,
  )

  it('packs the same bytes over shards of another size whose replacing was stopped', async () => {
    run('shard', 'whole', '--out', 'other', '--pairs', '20')
    const seen = () => !existsSync(join(root, 'other', 'index.json')) && size('other', 'mvip-000002.tar') >= 0
    expect(await stopped('SIGKILL', seen, ['shard', 'whole', '--out', 'other', '--pairs', '1'])).toBe(
      'SIGKILL',
    )
    expect(run('shard', 'other', '--index').status).toBe(1)
    expect(run('shard', 'whole', '--out', 'other', '--pairs', '1').status).toBe(0)
    expect(filesOf('other')).toEqual(filesOf('packed'))
  }, 60_000)
})
