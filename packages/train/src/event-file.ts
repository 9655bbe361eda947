import { appendFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@aws-crypto/crc32c'
import { makeFolder } from '@univ/mvip'
import { PbfWriter } from 'pbf'

/** TensorBoard's event file: TFRecords of `Event` messages (tensorflow/core/util/event.proto). */
export interface EventFile {
  readonly path: string
  /** Scalars of one step, by tag. */
  write(step: number, scalars: Readonly<Record<string, number>>, seconds?: number): void
}

/** Starts a new event file; TensorBoard joins those of one folder, so a resumed run adds another. */
export function openEventFile(folder: string, now = Date.now()): EventFile {
  makeFolder(folder)
  const name = `events.out.tfevents.${Math.floor(now / 1000)}.${hostname()}.${process.pid}`
  const path = join(folder, name)
  appendFileSync(path, frame(encodeEvent(now / 1000, 0, undefined)))
  return {
    path,
    write(step, scalars, seconds = Date.now() / 1000) {
      appendFileSync(path, frame(encodeEvent(seconds, step, scalars)))
    },
  }
}

/** `Event { 1 wall_time, 2 step, 3 file_version, 5 summary }`, `Summary { 1 value { 1 tag, 2 simple_value } }`. */
function encodeEvent(
  seconds: number,
  step: number,
  scalars: Readonly<Record<string, number>> | undefined,
): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeDoubleField(1, seconds)
  if (!scalars) {
    pbf.writeStringField(3, 'brain.Event:2')
    return pbf.finish()
  }
  pbf.writeVarintField(2, step)
  pbf.writeMessage(
    5,
    (entries: [string, number][], summary: PbfWriter) => {
      for (const entry of entries)
        summary.writeMessage(
          1,
          ([tag, value]: [string, number], out: PbfWriter) => {
            out.writeStringField(1, tag)
            out.writeFloatField(2, value)
          },
          entry,
        )
    },
    Object.entries(scalars),
  )
  return pbf.finish()
}

/** A TFRecord: length, masked CRC of the length, data, masked CRC of the data; little-endian. */
function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.byteLength + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.byteLength), true)
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.byteLength, maskedCrc(data), true)
  return record
}

/** TensorFlow rotates and offsets the CRC-32C, since CRCs of data that hold CRCs are weak. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
