import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkRunFolder, reportOutcome } from './supervised-run'

describe("a run's folder", () => {
  it('holds a run when one is resumed, and none when one begins', () => {
    const out = mkdtempSync(join(tmpdir(), 'univ-run-'))
    expect(() => checkRunFolder({ out })).not.toThrow()
    expect(() => checkRunFolder({ out, resume: true })).toThrow(`${out}: nothing to resume`)
    writeFileSync(join(out, 'last.state.safetensors'), '')
    expect(() => checkRunFolder({ out, resume: true })).not.toThrow()
    expect(() => checkRunFolder({ out })).toThrow(`${out} holds a run already: go on with --resume`)
  })
})

describe('the end of a run', () => {
  const before = process.exitCode
  afterEach(() => {
    process.exitCode = before
    vi.restoreAllMocks()
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('after %s leaves with the status that shells expect, and says how to go on', (signal, status) => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const position = { step: 7, epoch: 1, batch: 3 } as never
    reportOutcome({ finished: false, signal, position, backbone: 'b', last: {} }, 'univ-train x --resume')
    expect(process.exitCode).toBe(status)
    expect(said.mock.lastCall?.[0]).toBe(
      'stopped after batch 3 of epoch 2, all saved; go on with:\n  univ-train x --resume',
    )
  })
})
