import { describe, expect, it } from 'vitest'
import { CheckpointError } from './checkpoint-error'
import { loadCheckpoint } from './load'
import { encodeSafetensors } from './safetensors-write'
import { fixture } from './testing/golden'
import { dict, pickle, tensor } from './testing/hand-made-pickle'
import { torchZip } from './testing/hand-made-zip'

const small = {
  zip: torchZip(
    pickle(dict(['w', tensor({ storage: 'Float', key: '0', length: 6, shape: [2, 3], strides: [3, 1] })])),
    { 0: new Uint8Array(24) },
  ),
  safetensors: encodeSafetensors({
    a: { shape: [2, 3], dtype: 'float32', data: new Float32Array(6) },
    b: { shape: [3], dtype: 'bool', data: new Uint8Array(3) },
  }),
}

/** Whether loading ends well, or in the one error that it may end in. */
async function outcome(bytes: Uint8Array): Promise<'loaded' | 'refused'> {
  try {
    await loadCheckpoint(bytes)
    return 'loaded'
  } catch (error) {
    // Anything else, such as a TypeError from reading past a view, is a bug.
    if (!(error instanceof CheckpointError)) throw error
    expect(error.file).toBe('(bytes)')
    return 'refused'
  }
}

describe('a file cut short', () => {
  it.each(Object.entries(small))('is refused at every byte: small %s', async (_, bytes) => {
    expect(await outcome(bytes)).toBe('loaded')
    for (let length = 0; length < bytes.length; length++) {
      expect(await outcome(bytes.subarray(0, length)), `cut at ${length}`).toBe('refused')
    }
  })

  it.each([
    ['mcmae-tiny.zeroed.pth.gz', 40_009],
    ['mcmae-tiny-legacy.zeroed.pth.gz', 40_009],
    ['mae.safetensors', 997],
  ])('is refused every few bytes, and near its end: %s', async (name, step) => {
    const bytes = fixture(name)
    for (let length = 0; length < bytes.length; length += step) {
      expect(await outcome(bytes.subarray(0, length)), `cut at ${length}`).toBe('refused')
    }
    for (let missing = 1; missing < 24; missing++) {
      expect(await outcome(bytes.subarray(0, bytes.length - missing)), `${missing} missing`).toBe('refused')
    }
  })

  it('is refused at every byte of the legacy format’s pickles', async () => {
    const bytes = fixture('mcmae-tiny-legacy.zeroed.pth.gz')
    for (let length = 0; length < 16_500; length += 61) {
      expect(await outcome(bytes.subarray(0, length)), `cut at ${length}`).toBe('refused')
    }
  })
})

describe('a file with one byte changed', () => {
  it.each(Object.entries(small))('loads or is refused, and nothing else: small %s', async (_, bytes) => {
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const copy = bytes.slice()
        copy[at]! ^= flip
        await outcome(copy)
      }
    }
  })

  it('loads or is refused, and nothing else: the legacy format', async () => {
    const bytes = fixture('mcmae-tiny-legacy.zeroed.pth.gz')
    for (let at = 0; at < 16_500; at += 37) {
      const copy = bytes.slice()
      copy[at]! ^= 0xff
      await outcome(copy)
    }
  })

  it('is noticed by the checksum where it hits a weight of a torch zip', async () => {
    const bytes = fixture('mcmae-tiny.zeroed.pth.gz')
    bytes[1_000_000]! ^= 1
    await expect(loadCheckpoint(bytes)).rejects.toThrow(/is corrupt: its CRC-32/)
  })
})
