import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSyntheticPairs } from '@univ/mvip'
import { beforeAll, describe, expect, it } from 'vitest'

// The built command, as users run it: signals need a process of their own.
const main = new URL('../dist/main.js', import.meta.url).pathname
const root = mkdtempSync(join(tmpdir(), 'trainer-'))
const settings = [
  'model=mcmae/tiny',
  'data.size=32',
  'data.workers=1',
  'train.epochs=4',
  'train.batch=2',
  'logEvery=1',
]

function start(out: string, ...more: string[]): ChildProcess {
  const sets = settings.flatMap((setting) => ['--set', setting])
  const words = [
    'teacher',
    '--labels',
    join(root, 'data'),
    '--engine',
    'cpu',
    '--out',
    join(root, out),
    ...sets,
    ...more,
  ]
  return spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Waits for the end; sends the signal when the text has appeared. */
function ended(
  child: ChildProcess,
  signal?: NodeJS.Signals,
  at = '',
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    let text = ''
    let sent = signal === undefined
    const hear = (chunk: Buffer) => {
      text += chunk
      if (sent || !text.includes(at)) return
      sent = true
      child.kill(signal)
    }
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    child.on('close', (code) => resolve({ code, text }))
  })
}

const state = (out: string) => readFileSync(join(root, out, 'last.state.safetensors'))
const metrics = (out: string) => readFileSync(join(root, out, 'metrics.jsonl'), 'utf8')

describe('a run of univ-train', () => {
  beforeAll(async () => {
    expect(existsSync(main), 'apps/trainer is not built: npm run build').toBe(true)
    await writeSyntheticPairs(join(root, 'data'), { pairs: 24, size: 32 })
    const { code, text } = await ended(start('whole'))
    expect(code, text).toBe(0)
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('saves and leaves at %s, and resumes bit for bit', async (signal, status) => {
    const out = `cut-${signal}`
    const cut = await ended(start(out), signal, 'epoch 1/4  loss')
    expect(cut.code, cut.text).toBe(status)
    expect(cut.text).toContain(`${signal}: finishing this step, then saving`)
    expect(cut.text).toMatch(/go on with:\n {2}univ-train teacher .*--resume/)
    const again = await ended(start(out, '--resume'))
    expect(again.text).toMatch(/resumed at epoch \d, batch \d+/)
    expect(again.code, again.text).toBe(0)
    expect(state(out).equals(state('whole'))).toBe(true)
    expect(metrics(out)).toBe(metrics('whole'))
  })

  it('resumes bit for bit after being killed', async () => {
    const cut = await ended(start('killed'), 'SIGKILL', 'epoch 2/4  loss')
    expect(cut.code).toBe(null)
    const again = await ended(start('killed', '--resume'))
    expect(again.code, again.text).toBe(0)
    expect(state('killed').equals(state('whole'))).toBe(true)
    expect(metrics('killed')).toBe(metrics('whole'))
  })

  it('goes on where nobody reads what it tells', async () => {
    const child = start('unread')
    child.stdout!.destroy()
    child.stderr!.destroy()
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(state('unread').equals(state('whole'))).toBe(true)
    expect(existsSync(join(root, 'unread', '.lock'))).toBe(false)
  })

  it('does not overwrite a run, and says how to go on', async () => {
    const { code, text } = await ended(start('whole'))
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/holds a run already: go on with --resume, choose another/),
    ])
  })
})
