import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSafetensors } from '@univ/checkpoint'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extractFeatures } from './features'
import { golden } from './golden-fixtures'

const root = mkdtempSync(join(tmpdir(), 'univ-features-'))
const small = join(root, 'small.png')
const odd = join(root, 'odd.png')
beforeAll(async () => {
  const image = sharp(golden('mcmae-tiny/images/ir-FLIR_05164.png'))
  await image.clone().resize(96, 96).toFile(small)
  await image.clone().resize(100, 96).toFile(odd)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const engine = 'cpu' as const
const mcmae = golden('mcmae-tiny/checkpoint.pth')
const thermal = ['FLIR_05164', 'FLIR_07202'].map((name) => golden(`mcmae-tiny/images/ir-${name}.png`))
const visible = ['FLIR_05164', 'FLIR_07202'].map((name) => golden(`mcmae-tiny/images/rgb-${name}.png`))

/** What the command writes, against PyTorch's numbers: the largest difference over the largest value. */
async function errors(options: {
  readonly checkpoint: string
  readonly heads?: number
  readonly modality: 'rgb' | 'ir'
  readonly images: readonly string[]
  readonly batch?: number
  readonly file: string
  readonly names: Readonly<Record<string, 'tokens' | 'attention'>>
}) {
  const out = join(root, 'out.safetensors')
  await extractFeatures({ batch: 8, ...options, out, engine })
  const [ours, theirs] = [await readSafetensors(out), await readSafetensors(golden(options.file))]
  expect([...ours.tensors.keys()].sort()).toEqual(['attention', 'tokens'])
  return Object.entries(options.names).map(([name, key]) => {
    const [got, wanted] = [ours.tensors.get(key)!, theirs.tensors.get(name)!]
    expect(got.shape).toEqual(wanted.shape)
    let [error, scale] = [0, 0]
    wanted.data.forEach((value, i) => {
      error = Math.max(error, Math.abs(Number(got.data[i]) - Number(value)))
      scale = Math.max(scale, Math.abs(Number(value)))
    })
    return error / scale
  })
}

// Float32 sums in another order differ by some 1e-6; 1e-4 is the project's bar.
const tolerance = 1e-4

describe('features', () => {
  it('of MCMAE are PyTorch’s in both modalities, also where the last batch is not full', async () => {
    const shared = { checkpoint: mcmae, file: 'mcmae-tiny/features.safetensors' }
    const ir = await errors({ ...shared, modality: 'ir', images: thermal, names: { ir_tokens: 'tokens' } })
    const names = { rgb_tokens: 'tokens', rgb_attention: 'attention' } as const
    const rgb = await errors({ ...shared, modality: 'rgb', images: visible, batch: 1, names })
    expect(Math.max(...ir, ...rgb)).toBeLessThan(tolerance)
  })

  it('of a ViT are PyTorch’s, class token first, for a square and a wide image', async () => {
    for (const kind of ['square', 'wide']) {
      const found = await errors({
        checkpoint: golden('vit-tiny/checkpoint.pth'),
        heads: 4,
        modality: 'rgb',
        images: [golden(`vit-tiny/images/${kind}-FLIR_00006.png`)],
        file: 'vit-tiny/features.safetensors',
        names: { [`${kind}_tokens`]: 'tokens', [`${kind}_attention`]: 'attention' },
      })
      expect(Math.max(...found)).toBeLessThan(tolerance)
    }
  })

  const refused = (images: readonly string[], checkpoint = mcmae) =>
    expect(extractFeatures({ checkpoint, modality: 'ir', images, out: join(root, 'x'), batch: 2, engine }))
      .rejects

  it('refuse images of different sizes by name', () =>
    refused([thermal[0]!, small]).toThrow(/small\.png is 96×96, .*FLIR_05164\.png is 224×224: give --size/))
  it('refuse sizes that do not divide into patches', () =>
    refused([odd]).toThrow('96×100 do not divide into patches of 16'))
  it('refuse a file that is no image, by name', () =>
    refused([mcmae]).toThrow(/checkpoint\.pth: cannot be read/))
  it('refuse a folder, and say what is wanted', () =>
    refused([root]).toThrow(`--image ${root} is a folder; name files, e.g. ${join(root, '*.png')}`))
  it('ask for the heads where no preset knows them', () =>
    refused(thermal, golden('vit-tiny/checkpoint.pth')).toThrow(/give the number of heads/))
})
