import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { HostArray } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { sessionCache } from './session-cache'

const wave = (...shape: number[]): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
})
const newFolder = () => mkdtempSync(join(tmpdir(), 'cache-'))

/** `tanh(x · kernel) · factor` in a fresh session. */
async function run(cache: string | undefined, factor = 2, kernel = wave(8, 8)): Promise<number[]> {
  const program = await compile(
    ({ inputs, constants }) => {
      const product = tf.matMul(inputs.x as tf.Tensor2D, (constants as { kernel: tf.Tensor2D }).kernel)
      return { outputs: { y: tf.mul(tf.tanh(product), factor) } }
    },
    { inputs: { x: { shape: [4, 8], dtype: 'float32' } }, constants: { kernel } },
    { engine: 'cpu', threads: 1, cache },
  )
  const { y } = await program.run({ x: wave(4, 8) })
  await program.dispose()
  return [...y!.data]
}

describe('the cache of optimised graphs', () => {
  it('gives the numbers that no cache gives, from one file', async () => {
    const folder = newFolder()
    const plain = await run(undefined)
    expect(await run(folder)).toEqual(plain)
    const [file, ...others] = readdirSync(folder)
    expect(others).toEqual([])
    const before = readFileSync(join(folder, file!))
    expect(await run(folder)).toEqual(plain)
    expect(readdirSync(folder)).toEqual([file])
    expect(readFileSync(join(folder, file!)).equals(before)).toBe(true)
  })

  it('is read: another program’s file under this one’s name gives the other’s numbers', async () => {
    const [one, two] = [newFolder(), newFolder()]
    await run(one, 2)
    const tripled = await run(two, 3)
    copyFileSync(join(two, readdirSync(two)[0]!), join(one, readdirSync(one)[0]!))
    expect(await run(one, 2)).toEqual(tripled)
  })

  it('has nothing for another program, other weights or another version', async () => {
    const folder = newFolder()
    await run(folder)
    expect(await run(folder, 3)).toEqual(await run(undefined, 3))
    expect(readdirSync(folder)).toHaveLength(2)
    const other = wave(8, 8)
    other.data[5] = 9
    expect(await run(folder, 2, other)).toEqual(await run(undefined, 2, other))
    expect(readdirSync(folder)).toHaveLength(3)
    const model = { bytes: Uint8Array.of(1, 2), external: [], lent: [] }
    const draft = (runtime: string) => sessionCache(folder, model, runtime)!.draft.split('.')[0]
    expect(draft('1.2.3')).toBe(draft('1.2.3'))
    expect(draft('1.2.3')).not.toBe(draft('1.2.4'))
  })

  it.each([
    ['cut short', (whole: Buffer) => whole.subarray(0, whole.length - 7)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one bit', (whole: Buffer) => whole.map((byte, i) => (i === 60 ? byte ^ 1 : byte))],
  ])('passes over a file that is %s, and mends it', async (_, damage) => {
    const folder = newFolder()
    const plain = await run(folder)
    const file = join(folder, readdirSync(folder)[0]!)
    const whole = readFileSync(file)
    writeFileSync(file, damage(whole))
    expect(await run(folder)).toEqual(plain)
    expect(readdirSync(folder)).toHaveLength(1)
    const [digest, again] = [readFileSync(file).subarray(0, 32), readFileSync(file).subarray(32)]
    expect(again.length).toBe(whole.length - 32)
    expect(digest).toHaveLength(32)
  })

  it('stays away from models with large constants, and says where the folder cannot be', async () => {
    const external = [{ path: 'v1', data: new Uint8Array(2 ** 25 + 1) }]
    expect(sessionCache(newFolder(), { bytes: new Uint8Array(1), external, lent: [] }, '1')).toBeUndefined()
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    await expect(run(file)).rejects.toThrow(/cache: .*file cannot be a folder/)
    await expect(run(join(file, 'deep'))).rejects.toThrow(/cache: .*deep cannot be a folder/)
    const deep = join(newFolder(), 'a', 'b')
    await run(deep)
    expect(readdirSync(deep)).toHaveLength(1)
    if (process.platform === 'linux') await expect(run('/proc/univ/cache')).rejects.toThrow(/cache: .*ENOENT/)
  })
})
