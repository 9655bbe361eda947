import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initBackbone, loadBackbone, mcmaeVariants, paperLora } from '@univ/backbone'
import { rng } from '@univ/nn'
import { describe, expect, it } from 'vitest'
import type { BatchSource, NamedBatch } from './fit'
import { type PairInput, pretrainRecipe } from './pretrain-recipe'
import { type RunOptions, run } from './run'
import { cosineSchedule } from './schedules'

const config = { ...mcmaeVariants.tiny, image: 32, widths: [8, 12, 16], depths: [1, 1, 1] } as const
const teacher = { config, params: initBackbone(config, rng(1)) }
const size = 32
type Batch = PairInput & NamedBatch

/** Pairs of noise that depend on (epoch, index) alone; some batch may be made to hold a NaN. */
function source(poisoned?: number): BatchSource<Batch> {
  const draw = (name: string, epoch: number, index: number) => {
    const numbers = rng(5, name, epoch, index).fillUniform(new Float32Array(2 * size * size * 3))
    if (index === poisoned) numbers[0] = Number.NaN
    return numbers
  }
  return {
    batchesPerEpoch: 3,
    async *batches(epoch, from) {
      for (let index = from; index < 3; index++)
        yield {
          rgb: draw('rgb', epoch, index),
          ir: draw('ir', epoch, index),
          index,
          ids: [`pair-${index}a`, `pair-${index}b`],
        }
    },
  }
}

const folder = () => mkdtempSync(join(tmpdir(), 'run-'))

function options(out: string, extra: Partial<RunOptions<Batch>> = {}): RunOptions<Batch> {
  return {
    recipe: pretrainRecipe({
      teacher,
      student: teacher,
      batch: 2,
      size,
      seed: 11,
      lora: { ...paperLora, rank: 2 },
      logits: { scale: 10, bias: -6 },
    }),
    source: source(),
    optimiser: { clip: 3, accumulate: 2 },
    schedules: {
      lr: cosineSchedule({ base: 1e-2, final: 0, epochs: 3, stepsPerEpoch: 1.5, warmupEpochs: 1 }),
      weightDecay: () => 0.05,
    },
    epochs: 3,
    out,
    config: { seed: 11, optimiser: { lr: 0.01 } },
    engine: 'cpu',
    logEvery: 1,
    saveEvery: 2,
    ...extra,
  }
}

const metrics = (out: string) => readFileSync(join(out, 'metrics.jsonl'), 'utf8')
const state = (out: string) => readFileSync(join(out, 'last.state.safetensors'))

describe('run', () => {
  it('goes on, bit for bit, after being stopped anywhere', async () => {
    const whole = folder()
    await run(options(whole))
    for (const after of [2, 3]) {
      const cut = folder()
      let steps = 0
      const first = await run(options(cut, { shouldStop: () => ++steps >= after }))
      expect([first.finished, first.position.step]).toEqual([false, after])
      // What a machine leaves that dies after its last save: lines of steps that will be done again.
      const second = await run(options(cut, { resume: true }))
      expect(second.finished).toBe(true)
      expect(state(cut).equals(state(whole))).toBe(true)
      expect(metrics(cut)).toBe(metrics(whole))
    }
  })

  it.skipIf(process.platform !== 'linux')(
    'says where its folder cannot be made, and does not try for ever',
    async () => {
      await expect(run(options('/proc/univ/run'))).rejects.toThrow(
        '/proc/univ/run: cannot be written (ENOENT)',
      )
    },
  )

  it('lets nobody else into its folder as long as it goes on', async () => {
    const out = folder()
    const first = run(options(out))
    await expect(run(options(out))).rejects.toThrow(`${out} is being written by process ${process.pid}`)
    await first
    expect(readdirSync(out)).not.toContain('.lock')
    await run({ ...options(out), epochs: 1 })
  })

  it('goes on from the last save after being killed without warning', async () => {
    const [whole, cut] = [folder(), folder()]
    await run(options(whole))
    const killed = run(
      options(cut, {
        listener: {
          onStep({ position }) {
            if (position.step === 5) throw new Error('the machine died')
          },
        },
      }),
    )
    await expect(killed).rejects.toThrow('the machine died')
    await run(options(cut, { resume: true }))
    expect(state(cut).equals(state(whole))).toBe(true)
    expect(metrics(cut)).toBe(metrics(whole))
  })

  it('leaves backbones that load, with LoRA merged, for `last` and every so many epochs', async () => {
    const out = folder()
    const { backbone } = await run(options(out))
    const { config: read, missing, unexpected } = await loadBackbone(backbone)
    expect([read.family, missing, unexpected]).toEqual(['mcmae', [], []])
    expect(existsSync(join(out, 'epoch-0002.safetensors'))).toBe(true)
    expect(existsSync(join(out, 'epoch-0001.safetensors'))).toBe(false)
  })

  it('stops at a loss that is no number, naming the batch, and keeps the last checkpoint', async () => {
    const out = folder()
    await expect(run(options(out, { source: source(1) }))).rejects.toThrow(
      /loss is NaN, gradNorm is NaN in epoch 0, batch 1 \(pair-1a, pair-1b\); the run stops, and nothing of this batch is saved/,
    )
    expect(existsSync(join(out, 'last.safetensors'))).toBe(false)
  })

  it('refuses to resume under another configuration, naming what differs', async () => {
    const out = folder()
    await run(options(out, { epochs: 1 }))
    await expect(
      run(options(out, { resume: true, config: { seed: 11, optimiser: { lr: 0.02 } } })),
    ).rejects.toThrow(/optimiser\.lr was 0\.01, is 0\.02/)
  })
})
