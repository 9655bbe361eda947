import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

// A process of its own with the built package: ONNX Runtime reads the environment once.
const built = new URL('../../dist/index.js', import.meta.url).href
const script = `
import * as tf from '@tensorflow/tfjs-core'
import { compile } from '${built}'
const inputs = { x: { shape: [2], dtype: 'float32' } }
const program = await compile(({ inputs }) => ({ outputs: { y: tf.add(inputs.x, 1) } }), { inputs }, { engine: 'cpu' })
const { y } = await program.run({ x: { ...inputs.x, data: Float32Array.of(1, 2) } })
console.log([...y.data].join(' '), process.env.ORT_DISABLE_TELEMETRY)
`

function runIn(home: string, variables: Readonly<Record<string, string>> = {}): string {
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...inherited } = process.env
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: new URL('../..', import.meta.url).pathname,
    env: { ...inherited, HOME: home, ...variables },
    encoding: 'utf8',
  })
  return stdout.trim() || stderr
}

it('ONNX Runtime reports nothing to its makers and leaves nothing in the home folder', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  expect(runIn(home)).toBe('2 3 1')
  expect(readdirSync(home)).toEqual([])
})

it('whoever sets the variable decides', () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  expect(runIn(home, { ORT_DISABLE_TELEMETRY: '0' })).toBe('2 3 0')
})
