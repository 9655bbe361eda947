import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openMetricsLog } from './metrics-log'

const folder = () => mkdtempSync(join(tmpdir(), 'univ-log-'))
const line = (step: number) => `${JSON.stringify({ kind: 'step', step, epoch: 0, loss: step / 2 })}\n`
const textOf = (at: string) => readFileSync(join(at, 'metrics.jsonl'), 'utf8')

describe('the log of a run', () => {
  it('drops what a run that was cut wrote after its last save, and a line that was cut itself', () => {
    const at = folder()
    const log = openMetricsLog(at, 0)
    for (const step of [1, 2, 3]) log.write('step', { step, epoch: 0 }, { loss: step / 2 })
    appendFileSync(join(at, 'metrics.jsonl'), '{"kind":"step","step":2,"epo')
    openMetricsLog(at, 2).write('step', { step: 3, epoch: 0 }, { loss: 1.5 })
    expect(textOf(at)).toBe(line(1) + line(2) + line(3))
  })

  it('begins anew where a run does', () => {
    const at = folder()
    openMetricsLog(at, 0).write('step', { step: 1, epoch: 0 }, { loss: 0.5 })
    openMetricsLog(at, 0)
    expect(textOf(at)).toBe('')
  })
})
