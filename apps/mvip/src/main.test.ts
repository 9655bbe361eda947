import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const built = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'univ-mvip-cli-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const run = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built, ...words], {
    encoding: 'utf8',
    cwd: root,
  })
  return { status, stdout, stderr }
}

// `npm test` builds first; the command is tested as it is installed.
describe.skipIf(!existsSync(built))('univ-mvip', () => {
  beforeAll(() => {
    expect(
      run('synthetic', '--out', 'made', '--sequences', '6', '--frames', '2', '--size', '64').status,
    ).toBe(0)
    const { status, stdout } = run(
      'build',
      'made',
      '--out',
      'set',
      '--duplicates',
      'report',
      '--workers',
      '1',
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/made: benchmark \(\.\.\/made\)\n {2}kept: 12\n/)
  })

  it('writes nothing beside --out', () => {
    expect(readdirSync(root).sort()).toEqual(['made', 'set'])
    expect(readdirSync(join(root, 'made')).sort()).toEqual([
      'boxes',
      'classes.txt',
      'ir',
      'labels',
      'truth.jsonl',
      'vi',
    ])
  })

  it('verifies with 0 where all is well and 2 where something is not', () => {
    expect(run('verify', 'set')).toMatchObject({
      status: 0,
      stdout: '12 pairs, 24 images, 24 annotations: all as recorded\n',
    })
    const vi = join(root, 'made', 'vi')
    const file = join(vi, readdirSync(vi)[0]!)
    const bytes = readFileSync(file)
    rmSync(file)
    const { status, stdout } = run('verify', 'set', '--quick')
    expect([status, stdout.split('\n')[1]]).toEqual([2, '12 pairs, 24 images, 24 annotations: 1 missing'])
    run('synthetic', '--out', 'made', '--sequences', '6', '--frames', '2', '--size', '64')
    expect(readFileSync(file)).toEqual(bytes)
  })

  it('sums up, divides, packs, shows and scores', () => {
    expect(run('stats', 'set', '--report', 'stats.html').stdout).toMatch(/^made +12 +6 /m)
    const html = readFileSync(join(root, 'stats.html'), 'utf8')
    expect(html).toContain('<svg')
    const { irNormalisation: ir, constants } = JSON.parse(run('stats', 'set', '--json').stdout)
    expect(ir.mean).toBeCloseTo(255 * constants.ir.mean[0], 2)
    const setting = `irNormalisation: { mean: ${ir.mean}, std: ${ir.std} }`
    expect(html).toContain(`<code>${setting}</code>`)
    expect(run('stats', 'set').stdout).toContain(`under data of univ-train segment: ${setting}\n`)
    expect(run('split', 'set', '--shares', 'train=0.5,val=0.5').stdout).toBe('train: 6\nval: 6\ntest: 0\n')
    expect(run('shard', 'set', '--split', 'val', '--out', 'shards').stdout).toBe(
      'written: 6 pairs in 1 shard, shards\n',
    )
    expect(run('view', 'set', '--out', 'sheet.html', '--pairs', '5').status).toBe(0)
    expect(readFileSync(join(root, 'sheet.html'), 'utf8').match(/<img /g)).toHaveLength(5)
    expect(run('score', 'set').stdout).toMatch(/^12 pairs, 0 of them apart/)
  })

  it('names sources that are elsewhere once, and learns where', () => {
    run('synthetic', '--out', 'before', '--sequences', '1', '--frames', '1', '--size', '32')
    run('build', 'before', '--out', 'apart', '--workers', '1')
    renameSync(join(root, 'before'), join(root, 'after'))
    const { status, stderr } = run('verify', 'apart')
    expect([status, stderr.match(/source before/g)]).toEqual([1, ['source before']])
    expect(run('view', 'apart', '--out', 'apart.html').stderr).toMatch(
      /^univ-mvip: .* relocate apart before=FOLDER\n$/,
    )
    expect(run('relocate', 'apart', 'before').stderr).toMatch(/'before' is no place of a source/)
    expect(run('relocate', 'apart', 'before=after').stdout).toBe('before: ../after\n')
    expect(run('verify', 'apart').status).toBe(0)
    for (const name of ['after', 'apart', 'apart.html']) rmSync(join(root, name), { recursive: true })
  })

  it('refuses flags without value, an empty --out above all, and shares over 1', () => {
    const before = readdirSync(root).sort()
    for (const words of [['--out'], ['--out='], ['--out', '--parquet'], ['--out', '']])
      expect(run('build', 'made', ...words)).toMatchObject({
        status: 1,
        stderr: 'univ-mvip: --out has no value\n',
      })
    expect(run('synthetic', '--out', 'x', '--noise', '3').stderr).toBe(
      'univ-mvip: --noise 3: a share from 0 to 1 is wanted\n',
    )
    expect(run('split', 'set', '--shares', 'train=0.9').stderr).toBe(
      'univ-mvip: shares train=0.9,val=0,test=0 add up to 0.9 and not to 1: train=0.9,val=0.1,test=0, for example, does\n',
    )
    expect(readdirSync(root).sort()).toEqual(before)
  })

  // A limit on the size of files stands for a full disk.
  it.skipIf(process.platform === 'win32')('tells of a full disk in one line, and goes on from there', () => {
    const limited = (...words: string[]) =>
      spawnSync(
        'bash',
        ['-c', `trap '' XFSZ; ulimit -f 4; exec "$0" "$@"`, process.execPath, built, ...words],
        {
          encoding: 'utf8',
          cwd: root,
        },
      )
    const build = ['build', 'made', '--out', 'full', '--duplicates', 'report', '--workers', '1']
    for (const words of [build, ['shard', 'set', '--out', 'full-shards']]) {
      const { status, stderr } = limited(...words)
      expect([status, stderr.trimEnd().split('\n').at(-1)]).toEqual([
        1,
        expect.stringMatching(/^univ-mvip: .*full.*: cannot be written \(EFBIG: file too large, write\)$/),
      ])
      expect(stderr).not.toContain('    at ')
    }
    expect(existsSync(join(root, 'full', 'manifest.jsonl'))).toBe(false)
    expect(run(...build).status).toBe(0)
    expect(run('shard', 'set', '--out', 'full-shards').stdout).toMatch(/^written: 12 pairs/)
    expect(run('verify', 'full').status).toBe(0)
    expect(readdirSync(join(root, 'full-shards')).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('tells errors in one line and leaves with 1', () => {
    expect(run('bogus')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^univ-mvip: there is no command 'bogus'; .*\n$/),
    })
    expect(run('build', 'made', '--out', 'x', '--paquet').stderr).toMatch(
      /unknown flag --paquet; there are --out/,
    )
    expect(run('build', 'made', '--out', 'x', '--shares', 'train=1,rest=2').stderr).toMatch(
      /'rest=2' is no share/,
    )
    expect(run('build', 'made', '--out', 'x', '--misaligned', 'move').stderr).toMatch(
      /one of report, drop, shift/,
    )
    expect(run('verify', 'nowhere').stderr).toBe('univ-mvip: nowhere does not exist\n')
    expect(readdirSync(root)).not.toContain('x')
  })
})
