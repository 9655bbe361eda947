import { loadBackbone, toTorchNames } from '@univ/backbone'
import { type CheckpointTensor, readSafetensors } from '@univ/checkpoint'
import { compile } from '@univ/compile'
import { loadImage } from '@univ/mvip'
import type { HostArray } from '@univ/nn'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Weights } from './objective'
import { optimiserFeed, optimiserInputs } from './optimiser-feed'
import { pretrainRecipe } from './pretrain-recipe'
import { trainingProgram } from './training-program'
import { initialState, type TrainingState } from './training-state'

const golden = (name: string) =>
  new URL(`../../../fixtures/golden/mcmae-tiny/${name}`, import.meta.url).pathname

/** The two images of a modality, normalised: `[2, 224, 224, 3]`. */
async function images(modality: 'rgb' | 'ir'): Promise<Float32Array> {
  const both = await Promise.all(
    ['FLIR_05164', 'FLIR_07202'].map((pair) =>
      loadImage(golden(`images/${modality}-${pair}.png`), { modality }),
    ),
  )
  return Float32Array.from(both.flatMap(({ data }) => [...data]))
}

/** Largest difference, relative to the largest wanted value. */
function relativeError(got: HostArray, wanted: HostArray): number {
  expect(got.shape).toEqual(wanted.shape)
  const largest = (values: ArrayLike<number>) =>
    Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return largest(got.data.map((value, i) => value - wanted.data[i]!)) / largest(wanted.data)
}

/** `A` and `B` in torch's layouts `[out, in]` and `[out, in, kh, kw]` as our `down` and `up`. */
function fromTorch({ shape, data }: CheckpointTensor, side: 'A' | 'B'): HostArray {
  const [out, into, kh = 1, kw = 1] = shape as [number, number, number?, number?]
  const moved = new Float32Array(data.length)
  for (let o = 0; o < out; o++)
    for (let i = 0; i < into; i++)
      for (let y = 0; y < kh; y++)
        for (let x = 0; x < kw; x++)
          moved[((y * kw + x) * into + i) * out + o] = Number(data[((o * into + i) * kh + y) * kw + x]!)
  const convolution = shape.length === 4 && side === 'A'
  return { shape: convolution ? [kh, kw, into, out] : [into, out], dtype: 'float32', data: moved }
}

const ourPath = (module: string) => `encoder.${module.replace(/_embed(\d)/, 'Embed$1')}`

describe('six LoRA pre-training steps against the authors’ PyTorch and PEFT', () => {
  let outputs: Record<string, HostArray>[] = []
  let trained: Weights<HostArray>
  let merged: Record<string, HostArray>
  let file: ReadonlyMap<string, CheckpointTensor>
  const named = (group: string): Weights<HostArray> =>
    Object.fromEntries(
      [...file].flatMap(([name, tensor]) => {
        const [, module, side] = new RegExp(`^${group}\\.(.*)\\.lora_([AB])\\.weight$`).exec(name) ?? []
        if (!module) return []
        return [[`${ourPath(module)}.${side === 'A' ? 'down' : 'up'}`, fromTorch(tensor, side as 'A' | 'B')]]
      }),
    )
  /** Columns: loss_ia, loss_va, loss, largest gradient norm, lr, weight decay. */
  const log = (step: number, column: number) => Number(file.get('log')!.data[6 * step + column])

  beforeAll(async () => {
    file = (await readSafetensors(golden('lora-training.safetensors'))).tensors
    const teacher = await loadBackbone(golden('checkpoint.pth'))
    const [rgb, ir] = [await images('rgb'), await images('ir')]
    const recipe = pretrainRecipe({
      teacher,
      student: teacher,
      batch: 2,
      size: 224,
      seed: 0,
      lora: {
        rank: 4,
        alpha: 16,
        dropout: 0,
        targets: ['decoder_embed', 'fc1', 'qkv', 'fc2', 'proj', 'decoder_pred', 'patch_embed4'],
      },
    })
    const init = named('init')
    expect(Object.keys(init).sort()).toEqual(Object.keys(recipe.weights).sort())
    const program = await compile(
      trainingProgram(recipe.objective, { clip: 0.05 }),
      {
        inputs: { ...recipe.inputs, ...optimiserInputs() },
        constants: recipe.constants,
        state: initialState(init) as never,
      },
      { engine: 'cpu' },
    )
    const feed = recipe.feed({ rgb, ir }, 0)
    outputs = []
    for (let step = 0; step < 6; step++)
      outputs.push(
        await program.run({
          ...feed,
          ...optimiserFeed(step, { lr: log(step, 4), weightDecay: log(step, 5) }),
        }),
      )
    trained = ((await program.readState()) as unknown as TrainingState<HostArray>).weights
    merged = toTorchNames(recipe.backbone(trained).params)
    await program.dispose()
  })

  it('has the same losses within 1e-4 and the same largest gradient norm', () => {
    for (let step = 0; step < 6; step++)
      for (const [column, name] of ['ia', 'va', 'loss', 'gradNorm'].entries()) {
        const wanted = log(step, column)
        const off = Math.abs(outputs[step]![name]!.data[0]! - wanted) / wanted
        // The norm is a sum of squares over a deep chain: 1e-3.
        expect(off, `${name} of step ${step}`).toBeLessThan(name === 'gradNorm' ? 1e-3 : 1e-4)
      }
  })

  it('ends with the same matrices within 1e-3', () => {
    for (const [path, wanted] of Object.entries(named('final')))
      expect(relativeError(trained[path]!, wanted), path).toBeLessThan(1e-3)
  })

  it('merges them into the same weights', () => {
    for (const name of ['blocks3.0.attn.qkv.weight', 'patch_embed1.proj.weight']) {
      const { shape, data } = file.get(`merged.${name}`)!
      const wanted = { shape, dtype: 'float32', data: data as Float32Array } as const
      expect(relativeError(merged[name]!, wanted), name).toBeLessThan(1e-4)
    }
  })
})
