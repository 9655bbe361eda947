import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mindOutput } from './mind-output'

const failure = (code: string) => Object.assign(new Error('no'), { code })

describe('output that cannot be written', () => {
  const before = process.exitCode
  let [outputs, said] = [{ stdout: new EventEmitter(), stderr: new EventEmitter() }, [] as string[]]
  beforeEach(() => {
    outputs = { stdout: new EventEmitter(), stderr: new EventEmitter() }
    said = []
    process.exitCode = undefined
    mindOutput('univ', outputs, (line) => void said.push(line))
  })
  afterEach(() => {
    process.exitCode = before
  })

  it('is nothing to speak of where its reader has gone', () => {
    outputs.stdout.emit('error', failure('EPIPE'))
    outputs.stderr.emit('error', failure('EPIPE'))
    expect([said, process.exitCode]).toEqual([[], undefined])
  })

  it('is told once where there is no room, and in the exit code', () => {
    for (let i = 0; i < 3; i++) outputs.stdout.emit('error', failure('ENOSPC'))
    expect([said, process.exitCode]).toEqual([['univ: standard output cannot be written (ENOSPC)'], 1])
  })

  it('leaves the exit code that a command has set', () => {
    process.exitCode = 143
    outputs.stderr.emit('error', failure('EIO'))
    expect(process.exitCode).toBe(143)
  })
})
