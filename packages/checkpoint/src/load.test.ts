import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadCheckpoint } from './load'
import { encodeSafetensors } from './safetensors-write'

const folder = await mkdtemp(join(tmpdir(), 'univ-load-'))
afterAll(() => rm(folder, { recursive: true }))

describe('loadCheckpoint', () => {
  it('names a file that is missing or is a folder', async () => {
    await expect(loadCheckpoint(join(folder, 'none.pth'))).rejects.toThrow(
      /none\.pth: cannot be opened \(ENOENT\)$/,
    )
    await expect(loadCheckpoint(folder)).rejects.toThrow(/is not a regular file/)
  })

  it.skipIf(process.platform === 'win32')('waits for no pipe', async () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    await expect(loadCheckpoint(pipe)).rejects.toThrow(`${pipe}: is not a regular file`)
  })

  it.each([undefined, 3, new URL('file:///tmp/a.pth'), new ArrayBuffer(8)])(
    'refuses what is neither a path nor bytes: %s',
    async (input) => {
      await expect(loadCheckpoint(input as never)).rejects.toThrow('a path or a Uint8Array is wanted')
    },
  )

  it('says what it saw in a file of another kind', async () => {
    await expect(loadCheckpoint(new Uint8Array())).rejects.toThrow(
      /byte 0: neither .* \(starts with nothing\)/,
    )
    await expect(loadCheckpoint(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).rejects.toThrow(
      /starts with 89 50 4e 47/,
    )
    await expect(loadCheckpoint(Uint8Array.of(0x80, 4, 0x4e, 0x2e))).rejects.toThrow(
      /not one that torch.save wrote/,
    )
  })

  it('reads a path as it reads bytes', async () => {
    const bytes = encodeSafetensors({ a: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } })
    const path = join(folder, 'a.safetensors')
    await writeFile(path, bytes)
    expect(await loadCheckpoint(path)).toEqual(await loadCheckpoint(bytes))
  })

  it('keeps no hold on bytes that it was given', async () => {
    const bytes = encodeSafetensors({ a: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } })
    const { tensors } = await loadCheckpoint(bytes)
    bytes.fill(0)
    expect([...tensors.get('a')!.data]).toEqual([1, 2])
  })
})
