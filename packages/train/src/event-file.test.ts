import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PbfReader } from 'pbf'
import { describe, expect, it } from 'vitest'
import { maskedCrc, openEventFile } from './event-file'

interface Event {
  wallTime?: number
  step?: number
  version?: string
  scalars: Record<string, number>
}

/** Reads the file as TensorBoard does, checking both checksums of every record. */
function readEvents(bytes: Uint8Array): Event[] {
  const events: Event[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.byteLength; ) {
    const length = Number(view.getBigUint64(at, true))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc(bytes.subarray(at, at + 8)))
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc(data))
    events.push(readEvent(data))
    at += length + 16
  }
  return events
}

function readEvent(data: Uint8Array): Event {
  return new PbfReader(data).readFields<Event>(
    (field, event, pbf) => {
      if (field === 1) event.wallTime = pbf.readDouble()
      else if (field === 2) event.step = pbf.readVarint()
      else if (field === 3) event.version = pbf.readString()
      else if (field === 5)
        pbf.readMessage((inner, _, summary) => {
          if (inner !== 1) return
          const value = { tag: '', number: Number.NaN }
          summary.readMessage((part, into, out) => {
            if (part === 1) into.tag = out.readString()
            else if (part === 2) into.number = out.readFloat()
          }, value)
          event.scalars[value.tag] = value.number
        }, {})
    },
    { scalars: {} },
  )
}

describe('event files', () => {
  it('begin with the version and hold the scalars of every step', () => {
    const file = openEventFile(mkdtempSync(join(tmpdir(), 'events-')), 1_700_000_000_000)
    file.write(10, { 'train/loss': 0.5, 'train/lr': 0.25 }, 1_700_000_001.5)
    file.write(300, { 'train/loss': -2 }, 1_700_000_002)
    expect(file.path).toMatch(/events\.out\.tfevents\.1700000000\./)
    expect(readEvents(readFileSync(file.path))).toEqual([
      { wallTime: 1_700_000_000, version: 'brain.Event:2', scalars: {} },
      { wallTime: 1_700_000_001.5, step: 10, scalars: { 'train/loss': 0.5, 'train/lr': 0.25 } },
      { wallTime: 1_700_000_002, step: 300, scalars: { 'train/loss': -2 } },
    ])
  })

  it('mask the checksum as TensorFlow does', () => {
    // CRC-32C("123456789") = 0xe3069283; rotated right by 15 and offset.
    expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe(
      ((((0xe3069283 >>> 15) | (0xe3069283 << 17)) >>> 0) + 0xa282ead8) % 2 ** 32,
    )
  })
})
