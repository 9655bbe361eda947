import * as tf from '@tensorflow/tfjs-core'
import { loadBackbone } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import { normalisedRows } from '@univ/pccl'
import type { Alignment, EncodedPairs } from '../alignment'
import { openEncoder } from '../encode'
import { loadPair } from '../views'
import { alignmentTable } from './alignment-table'
import { scatterChart } from './charts'
import { framed, overlay } from './heatmap'
import { page, pictures, type Section, table } from './page'
import { projectTokens } from './projection'

/** Patches to look at: the middle of the lower half, where the road users are, and one on each side of it. */
function chosenPatches([rows, columns]: readonly [number, number]): number[] {
  const row = Math.floor(rows * 0.58)
  return [0.25, 0.5, 0.78].map((share) => row * columns + Math.floor(columns * share))
}

/** The row of the attention map (mean over heads, patches only) for every chosen patch. */
async function attentionSection(
  alignment: Alignment,
  checkpoint: string,
  heads: number | undefined,
  size: number,
  engine: EngineName,
  shown: number,
): Promise<Section> {
  const backbone = await loadBackbone(checkpoint, { heads })
  const encoder = await openEncoder(backbone, {
    size: [size, size],
    batch: 1,
    engine,
    wanted: {
      attention: (seen) =>
        tf.slice(tf.mean(seen.attention, 1) as tf.Tensor3D, [0, seen.prefix, seen.prefix], [-1, -1, -1]),
    },
  })
  const tokens = alignment.grid[0] * alignment.grid[1]
  const html: string[] = []
  for (const pair of alignment.pairs.slice(0, shown)) {
    const { rgb, ir } = await loadPair(pair, size)
    const maps = [(await encoder.run(rgb)).attention!.data, (await encoder.run(ir)).attention!.data]
    for (const patch of chosenPatches(alignment.grid)) {
      const row = (map: ArrayLike<number>) => Array.from(map).slice(patch * tokens, (patch + 1) * tokens)
      html.push(
        pictures([
          { src: await framed(pair.vi, alignment.grid, patch), caption: `${pair.id}, visible` },
          {
            src: await overlay(pair.vi, row(maps[0]!), alignment.grid, patch),
            caption: 'attention, visible',
          },
          { src: await framed(pair.ir, alignment.grid, patch), caption: 'infrared' },
          {
            src: await overlay(pair.ir, row(maps[1]!), alignment.grid, patch),
            caption: 'attention, infrared',
          },
        ]),
      )
    }
  }
  await encoder.dispose()
  return {
    title: 'Attention of chosen patches',
    text: 'Last block, mean over heads; the frame marks the patch that looks (the paper’s fig. 1).',
    html: html.join(''),
  }
}

/** Cosine of one infrared patch with every visible patch of the pair. */
async function similaritySection(
  { pairs, grid }: Alignment,
  encoded: EncodedPairs,
  shown: number,
): Promise<Section> {
  const [rgb, ir] = [normalisedRows(encoded.rgb), normalisedRows(encoded.ir)]
  const { width } = encoded.rgb
  const tokens = grid[0] * grid[1]
  const html: string[] = []
  for (const [image, pair] of pairs.slice(0, shown).entries()) {
    const items = []
    for (const patch of chosenPatches(grid)) {
      const query = ir.subarray((image * tokens + patch) * width, (image * tokens + patch + 1) * width)
      const cosines = Array.from({ length: tokens }, (_, key) => {
        const offset = (image * tokens + key) * width
        return query.reduce((sum, value, c) => sum + value * rgb[offset + c]!, 0)
      })
      items.push(
        { src: await framed(pair.ir, grid, patch), caption: 'infrared query' },
        { src: await overlay(pair.vi, cosines, grid, patch), caption: 'cosine with visible' },
      )
    }
    html.push(pictures(items))
  }
  return {
    title: 'Cross-modal similarity',
    text: 'Left: a patch of the infrared image; right: how alike every patch of the visible image is to it.',
    html: html.join(''),
  }
}

/** The report of `univ-eval align`. */
export async function alignmentPage(
  alignment: Alignment,
  options: {
    readonly checkpoint: string
    readonly heads?: number
    readonly size: number
    readonly engine: EngineName
  },
): Promise<string> {
  const { head, rows } = alignmentTable(alignment)
  const shown = Math.min(3, alignment.pairs.length)
  const { student, teacher } = alignment.encoded
  const clouds = [
    ...(teacher ? [scatterChart('before (teacher)', projectTokens(teacher.rgb, teacher.ir))] : []),
    scatterChart(teacher ? 'after' : 'encoder', projectTokens(student.rgb, student.ir)),
  ]
  const note = `${alignment.pairs.length} pairs; classes of the probe: ${alignment.classes === 'labels' ? 'given labels' : 'clusters of RGB tokens'}. Shifted views differ by ${alignment.shift.rows} × ${alignment.shift.columns} patches. A rule that answers by position alone scores ${100 * alignment.positionBaseline.plain} % plain and ${100 * alignment.positionBaseline.shifted} % shifted.`
  return page('Infrared-visible alignment', note, [
    { title: 'Measures', html: table(head, rows) },
    {
      title: 'Patch features in two dimensions',
      text: 'Principal axes of the tokens of both modalities; overlapping clouds mean that the encoder no longer tells them apart.',
      html: `<div class="charts">${clouds.join('')}</div>`,
    },
    await attentionSection(alignment, options.checkpoint, options.heads, options.size, options.engine, shown),
    await similaritySection(alignment, student, shown),
  ])
}
