import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'univ-mvip-rights-'))
/** Root may read everything: the command runs as nobody then. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
chmodSync(root, 0o755)
afterAll(() => {
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const path = join(root, name)
    if (existsSync(path)) chmodSync(path, 0o755)
  }
  rmSync(root, { recursive: true, force: true })
})

function run(...words: string[]) {
  const options = { encoding: 'utf8', cwd: root, ...nobody } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...words], options)
  return { status, stdout, stderr, last: stderr.trimEnd().split('\n').at(-1) }
}

/** Whether the command can run at all as who has no right to everything (a project below /root cannot be read by others). */
const runs = process.platform !== 'win32' && existsSync(built) && run('layouts').status === 0
if (!runs) console.warn('univ-mvip cannot run here as a user without rights: unreadable files are not tried')

describe.skipIf(!runs)('univ-mvip, as a user who may not do everything', () => {
  /** A folder that the user may write into. */
  const own = join(root, 'own')
  const build = (source: string, out: string) =>
    run('build', source, '--out', out, '--duplicates', 'report', '--workers', '1')
  const made = (name: string): string[] => {
    expect(
      run('synthetic', '--out', `own/${name}`, '--sequences', '4', '--frames', '2', '--size', '32').status,
    ).toBe(0)
    return readdirSync(join(own, name, 'vi')).sort()
  }
  const closed = (...path: string[]) => chmodSync(join(own, ...path), 0)
  const dropped = (set: string) =>
    readFileSync(join(own, set, 'dropped.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  beforeAll(() => {
    mkdirSync(own)
    if (nobody.uid) chownSync(own, nobody.uid, nobody.gid)
  })

  it('builds without images that cannot be read, and says which', () => {
    const names = made('files')
    closed('files', 'ir', names[2]!)
    expect(build('own/files', 'own/files-set').stdout).toMatch(/kept: 7\n {2}dropped: 1 unreadable\n/)
    expect(dropped('files-set')).toEqual([
      {
        id: expect.any(String),
        reason: 'unreadable',
        detail: expect.stringMatching(`ir/${names[2]}: cannot be read as an image \\(EACCES`),
      },
    ])
  })

  it('lists a folder that cannot be read, and refuses a source that cannot be', () => {
    made('folders')
    closed('folders', 'labels')
    expect(build('own/folders', 'own/folders-set').status).toBe(0)
    expect(dropped('folders-set')).toContainEqual({
      id: 'folders/labels',
      reason: 'unlisted',
      detail: 'cannot be read (EACCES)',
    })
    chmodSync(join(own, 'folders', 'labels'), 0o755)
    closed('folders', 'ir')
    expect(build('own/folders', 'own/folders-set').last).toMatch(
      /no pair is complete; \d+ files .* ir: cannot be read \(EACCES\)$/,
    )
    closed('folders')
    const { status, last } = build('own/folders', 'own/none')
    expect([status, last]).toEqual([
      1,
      expect.stringMatching(/^univ-mvip: data folder \S+folders cannot be read \(EACCES\)$/),
    ])
    expect(existsSync(join(own, 'none'))).toBe(false)
  })

  it('verifies to the end, packs nothing by halves, and names the file', () => {
    const names = made('later')
    expect(build('own/later', 'own/later-set').status).toBe(0)
    closed('later', 'vi', names[3]!)
    const { status, stdout } = run('verify', 'own/later-set')
    expect([status, stdout.trimEnd().split('\n').at(-1)]).toEqual([
      2,
      '8 pairs, 16 images, 16 annotations: 1 unreadable',
    ])
    expect(stdout).toMatch(`vi/${names[3]}): cannot be read (EACCES)\n`)
    const packed = run('shard', 'own/later-set', '--out', 'own/shards')
    expect([packed.status, packed.last]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`^univ-mvip: later/\\S+: \\S+vi/${names[3]} cannot be read \\(EACCES\\)$`),
      ),
    ])
    expect(readdirSync(join(own, 'shards'))).not.toContain('index.json')
    closed('later')
    const lost = run('verify', 'own/later-set')
    expect(lost.last).toMatch(
      /^univ-mvip: own\/later-set: the folder of source later, \S+, cannot be read \(EACCES\)\. Say where/,
    )
    expect(lost.stdout).toBe('')
    expect(run('stats', 'own/later-set')).toMatchObject({
      status: 0,
      last: expect.stringMatching(/cannot be read \(EACCES\)/),
    })
  })

  it('names annotations that cannot be read, and a manifest in one line', () => {
    const names = made('notes').map((name) => name.replace(/\.\w+$/, ''))
    expect(build('own/notes', 'own/notes-set').status).toBe(0)
    closed('notes', 'labels', `${names[1]}.png`)
    closed('notes', 'boxes', `${names[2]}.txt`)
    const { status, stdout } = run('verify', 'own/notes-set')
    expect(status).toBe(2)
    expect(stdout).toMatch(/16 annotations: 2 unreadable\n$/)
    expect(stdout).toMatch(`labels/${names[1]}.png): cannot be read (EACCES)\n`)
    expect(stdout).toMatch(`boxes/${names[2]}.txt): cannot be read (EACCES)\n`)
    closed('notes-set', 'manifest.jsonl')
    for (const command of ['verify', 'stats'])
      expect(run(command, 'own/notes-set')).toMatchObject({
        status: 1,
        last: 'univ-mvip: own/notes-set/manifest.jsonl: cannot be read (EACCES)',
      })
  })

  it('says in one line where it cannot write, and leaves nothing there', () => {
    made('sound')
    build('own/sound', 'own/set')
    mkdirSync(join(root, 'closed'), { mode: 0o555 })
    writeFileSync(join(root, 'file'), 'mine')
    const commands = [
      ['build', 'own/sound', '--workers', '1', '--out'],
      ['shard', 'own/set', '--out'],
      ['synthetic', '--sequences', '1', '--frames', '1', '--size', '16', '--out'],
      ['view', 'own/set', '--out'],
      ['stats', 'own/set', '--report'],
    ]
    const places = ['closed/x', 'file', 'file/x', ...(process.platform === 'linux' ? ['/proc/x'] : [])]
    for (const command of commands)
      for (const place of places) {
        const { status, stderr } = run(...command, place)
        expect([command[0], place, status, stderr]).toEqual([
          command[0],
          place,
          1,
          expect.stringMatching(
            /^univ-mvip: .*(cannot be written \((EACCES|EEXIST|ENOTDIR|ENOENT|EROFS)\)|is a file; a folder is wanted|is there and no HTML page.*|there is no folder .*)\n$/,
          ),
        ])
      }
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('mine')
    expect(readdirSync(root).sort()).toEqual(['closed', 'file', 'own'])
    expect(readdirSync(join(root, 'closed'))).toEqual([])
  })
})
