import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Checkpoint } from '../checkpoint'

const fixtures = new URL('../fixtures/', import.meta.url)
const golden = new URL('../../../../../shared/golden/', import.meta.url)

/** A committed fixture, unpacked. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(new URL(name, fixtures))
  return new Uint8Array(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
}

/** Path of a golden file beside the checkout; the whole files are too large to be committed. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(name, golden))
}

/** Whether the golden files are there. */
export const goldenPresent = existsSync(golden)

/** Words to append to the name of a test that needs them. */
export const goldenNote = goldenPresent ? '' : ' (skipped: no ../shared/golden beside this checkout)'

/** Tensors with a digest for their data: comparing millions of numbers one by one takes seconds. */
export function bytesByName({ tensors }: Checkpoint): Record<string, unknown> {
  const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex')
  return Object.fromEntries(
    [...tensors].map(([name, { shape, dtype, data }]) => {
      return [
        name,
        { shape, dtype, digest: digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) },
      ]
    }),
  )
}
