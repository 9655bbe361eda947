import { readFlags } from '@univ/command-line'
import { countWork } from '@univ/compile'
import { describe, expect, it } from 'vitest'
import { grownWork } from './check-counts'
import { measure, median } from './measure'
import { benchFlags, consistentOptions, type TaskOptions } from './options'
import { sumByOp } from './profile'
import { table } from './table'
import { compileOptions, drawTask } from './tasks'

const small = (line: string) =>
  consistentOptions(readFlags(benchFlags, line.split(' ')).values) as TaskOptions

describe('bench', () => {
  it('measures the step of the trainer on the CPU', async () => {
    const options = small('--task step --model tiny --batch 1 --size 32 --runs 1 --engine cpu')
    const result = await measure(options)
    expect(result).toMatchObject({ task: 'step', model: 'tiny', batch: 1, size: 32, engine: 'cpu', runs: 1 })
    expect(result.value).toBeGreaterThan(0)
    expect(result.per_second).toBeCloseTo(1000 / result.ms, 0)
  })

  it.each(['--task seg-infer --batch 1', '--task seg-step --batch 2'])('measures %s', async (task) => {
    const options = small(`${task} --model tiny --size 64 --runs 1 --engine cpu`)
    const result = await measure(options)
    expect(result).toMatchObject({ size: 64, runs: 1 })
    expect(result.value).not.toBe(0)
  })

  it('takes the upper middle, as the peer does', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(3)
  })

  it('tells which figures of a count grew, and passes an equal one', async () => {
    const options = small('--task infer --model tiny --batch 1 --size 32 --count')
    const program = await drawTask(options).compile(compileOptions(options))
    const work = countWork(await program.graph())
    expect(work.flops).toBeGreaterThan(1e6)
    expect(grownWork(work, JSON.stringify(work))).toEqual([])
    expect(grownWork({ ...work, nodes: work.nodes * 2 }, JSON.stringify(work))).toEqual([
      `nodes grew from ${work.nodes} to ${work.nodes * 2}`,
    ])
    expect(() => grownWork(work, '{"nodes": "many"}')).toThrow('not a file of --count')
    await program.dispose()
  })

  it("sums kernels of ONNX Runtime's profile by operator", () => {
    const kernel = (op_name: string, dur: number, provider = 'CPUExecutionProvider') => ({
      cat: 'Node',
      name: `${op_name}_1_kernel_time`,
      dur,
      args: { op_name, provider },
    })
    const other = { cat: 'Session', name: 'model_run', dur: 9000 }
    const text = JSON.stringify([
      other,
      kernel('Gemm', 1000),
      kernel('Mul', 500),
      kernel('Gemm', 2000),
      kernel('Mul', 500, 'WebGpuExecutionProvider'),
    ])
    expect(sumByOp(text)).toEqual([
      { op: 'Gemm', calls: 2, ms: 3, share: 0.75 },
      { op: 'Mul', calls: 1, ms: 0.5, share: 0.125 },
      { op: 'Mul (webgpu)', calls: 1, ms: 0.5, share: 0.125 },
    ])
  })

  it('sets numbers to the right', () => {
    expect(
      table([
        ['a', 'ms'],
        ['long', '1'],
      ]),
    ).toBe('a     ms\nlong   1')
  })
})
