import { normalisedRows } from '@univ/pccl'
import { type Picture, pictureGrid, type Section } from '@univ/report'
import type { Alignment } from '../alignment'
import { selectImages } from '../encode-pairs'
import type { ShownPair } from './attention-section'
import { patchColours } from './chosen-patches'
import { framed, overlay } from './heatmap'

/** Cosine of chosen infrared patches with every visible patch of their pair. */
export async function similaritySection(alignment: Alignment, shown: readonly ShownPair[]): Promise<Section> {
  const { pairs, grid, material } = alignment
  const stages = [
    ...(material.teacher ? [{ name: 'before', encoded: material.teacher.encoded }] : []),
    { name: material.teacher ? 'after' : '', encoded: material.student.encoded },
  ]
  const blocks = shown.map(async ({ index, patches }) => {
    const pair = pairs[index]!
    const visible = { image: pair.vi, modality: 'rgb' } as const
    const frames = patches.map((patch, k) => ({ patch, colour: patchColours[k] }))
    const maps = stages.flatMap(({ name, encoded }) => {
      const [rgb, ir] = [encoded.rgb, encoded.ir].map((set) => normalisedRows(selectImages(set, [index])))
      return frames.map(async (frame): Promise<Picture> => {
        const cosines = cosinesWith(ir!, frame.patch, rgb!, encoded.rgb.width)
        const best = cosines.indexOf(Math.max(...cosines))
        const range = `${Math.min(...cosines).toFixed(2)} to ${cosines[best]!.toFixed(2)}`
        return {
          src: await overlay(visible, cosines, grid, [frame, { patch: best, colour: '#fff' }]),
          caption: [name, range].filter(Boolean).join(', '),
        }
      })
    })
    const queries = {
      src: await framed({ image: pair.ir, modality: 'ir' }, grid, frames),
      caption: 'infrared queries',
    }
    return pictureGrid(pair.id, 1 + maps.length, [queries, ...(await Promise.all(maps))])
  })
  return {
    title: 'Cross-modal similarity',
    text: 'Cosine of every visible patch with one infrared patch (least and greatest below). The coloured frame is the place of the infrared patch, the white one the most alike visible patch.',
    html: (await Promise.all(blocks)).join(''),
  }
}

function cosinesWith(queries: Float32Array, query: number, keys: Float32Array, width: number): number[] {
  return Array.from({ length: keys.length / width }, (_, key) => {
    let sum = 0
    for (let c = 0; c < width; c++) sum += queries[query * width + c]! * keys[key * width + c]!
    return sum
  })
}
