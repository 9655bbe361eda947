import { describe, expect, it } from 'vitest'
import doctor from './commands/doctor'
import { describeDiagnosis, diagnose } from './doctor'
import { tryEngine } from './try-engine'

const good = { loss: 2, gradNorm: 0.5 }

describe('doctor', () => {
  it('runs a real step on the CPU, the same every time', async () => {
    const [once, again] = [await tryEngine('cpu'), await tryEngine('cpu')]
    expect(once).toEqual(again)
    expect(once.engine).toBe('cpu')
    expect(once.loss).toBeGreaterThan(0)
    expect(once.gradNorm).toBeGreaterThan(0)
  })

  it('tells engines that work, that compute something else, and that are missing, with advice', () => {
    const found = diagnose((engine) => {
      if (engine === 'cpu') return { engine, ...good }
      if (engine === 'webgpu') return { engine, loss: 2.1, gradNorm: 0.5 }
      return engine === 'cuda' ? { engine, loss: Number.NaN, gradNorm: 0 } : 'no such module'
    })
    expect(found.engines.map(({ state }) => state)).toEqual(['works', 'differs', 'differs', 'missing'])
    expect(found.engines[0]!.advice).toBeUndefined()
    expect(found.engines[1]!.advice).toContain('update the driver')
    expect(found.engines[3]).toMatchObject({ detail: 'no such module' })
    expect(found.engines[3]!.advice).toContain('npm install @tensorflow/tfjs-node')
    expect(found.onnxRuntime).toMatch(/^\d+\.\d+/)
  })

  it('tells which GPU engines compute in half precision', async () => {
    const found = diagnose((engine, precision) => {
      if (precision === 'float32') return { engine, ...good }
      if (precision === 'bfloat16') return 'Failed to find kernel'
      return engine === 'webgpu' ? 'the device has no f16' : { engine, ...good, loss: 2.01 }
    })
    const [cpu, webgpu, cuda] = found.engines.map(({ detail }) => detail)
    expect(cpu).not.toContain('float16')
    expect(webgpu).toMatch(/float16 does not run \(the device has no f16\)$/)
    expect(cuda).toMatch(/; float16 works; bfloat16 does not run \(Failed to find kernel\)$/)
    const plain = await tryEngine('cpu')
    for (const precision of ['float16', 'bfloat16'] as const)
      expect(Math.abs((await tryEngine('cpu', precision)).loss / plain.loss - 1)).toBeLessThan(0.01)
  })

  it('refuses a precision without an engine to try it on', async () => {
    await expect(doctor.run(['--precision', 'float16'])).rejects.toThrow(
      '--precision float16 is of --try ENGINE; without both, every engine is tried with all that it has',
    )
  })

  it('allows rounding between engines, and says all in words', () => {
    const found = diagnose((engine) => ({ engine, ...good, loss: engine === 'cpu' ? 2 : 2.0001 }))
    expect(found.engines.every(({ state }) => state === 'works')).toBe(true)
    const text = describeDiagnosis(found)
    expect(text).toContain(`Node ${process.versions.node}`)
    expect(text).toContain('ok cpu: one LoRA step: loss 2.00000')
    expect(text).toContain(`engine auto takes ${found.auto}`)
  })
})
