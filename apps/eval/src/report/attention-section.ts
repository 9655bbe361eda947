import * as tf from '@tensorflow/tfjs-core'
import type { LoadedBackbone } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import { type Picture, pictureGrid, type Section } from '@univ/report'
import type { Alignment } from '../alignment'
import { encodeAll, openEncoder } from '../encode'
import { loadView } from '../views'
import { patchColours } from './chosen-patches'
import { framed, overlay } from './heatmap'

/** A pair in the report: its place in the listing and the patches looked at. */
export interface ShownPair {
  readonly index: number
  readonly patches: readonly number[]
}

/** Last attention of both modalities, mean over heads, patches only: `[pairs, tokens, tokens]` each. */
async function attentionMaps(
  backbone: LoadedBackbone,
  { pairs, size }: Alignment,
  shown: readonly ShownPair[],
  engine: EngineName,
) {
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch: 1,
    engine,
    wanted: {
      attention: ({ attention, prefix }) =>
        tf.slice(tf.mean(attention, 1) as tf.Tensor3D, [0, prefix, prefix], [-1, -1, -1]),
    },
  })
  const encode = async (modality: 'rgb' | 'ir') => {
    const load = (i: number) => loadView(pairs[shown[i]!.index]!, modality, size)
    return (await encodeAll(encoder, shown.length, load, ['attention'])).attention.data
  }
  try {
    return { rgb: await encode('rgb'), ir: await encode('ir') }
  } finally {
    await encoder.dispose()
  }
}

/** Attention of chosen patches in both modalities side by side: the paper's fig. 1. */
export async function attentionSection(
  alignment: Alignment,
  shown: readonly ShownPair[],
  engine: EngineName,
): Promise<Section> {
  const { pairs, grid, material } = alignment
  const tokens = grid[0] * grid[1]
  const stages = [
    ...(material.teacher ? [{ name: 'before', backbone: material.teacher.backbone }] : []),
    { name: material.teacher ? 'after' : '', backbone: material.student.backbone },
  ]
  const maps = await Promise.all(
    stages.map(async ({ name, backbone }) => ({
      name,
      ...(await attentionMaps(backbone, alignment, shown, engine)),
    })),
  )
  const blocks = await Promise.all(
    shown.map(async ({ index, patches }, i) => {
      const pair = pairs[index]!
      const frames = patches.map((patch, k) => ({ patch, colour: patchColours[k] }))
      const rows = (['rgb', 'ir'] as const).map(async (modality): Promise<Picture[]> => {
        const [file, seen] = modality === 'rgb' ? [pair.vi, 'visible'] : [pair.ir, 'infrared']
        const image = { image: file, modality }
        const overlays = maps.flatMap(({ name, ...of }) =>
          frames.map(async (frame) => {
            const start = (i * tokens + frame.patch) * tokens
            const map = of[modality].subarray(start, start + tokens)
            return {
              src: await overlay(image, map, grid, [frame]),
              caption: [name, seen].filter(Boolean).join(', '),
            }
          }),
        )
        return [{ src: await framed(image, grid, frames), caption: seen }, ...(await Promise.all(overlays))]
      })
      return pictureGrid(pair.id, 1 + maps.length * patches.length, (await Promise.all(rows)).flat())
    }),
  )
  return {
    title: 'Attention of chosen patches',
    text: 'Last block, mean over heads. The frame marks the patch that looks; patches are those with most contrast in infrared. An encoder that sees the same things in both modalities has similar maps in both rows.',
    html: `<small>low<span class="legend"></span>high, each map on its own scale</small>${blocks.join('')}`,
  }
}
