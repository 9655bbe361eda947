import { counted } from '@univ/command-line'
import type { DatasetStats } from '@univ/mvip'
import { htmlTable, layerChart, notices, page, shareBars } from '@univ/report'
import { constantsTable, guessNote, irSetting, offsetTable, sizeTable, sourceTable } from './stats-tables'

const colours = ['#2f7fe0', '#ee7320', '#0f9d8a'] as const

/** What the infrared constants are for; pre-training and detection have their own and no setting. */
const settingUse = 'Under data of a univ-train segment configuration, in 0-255:'

/** The report of `univ-mvip stats`. */
export function statsPage(name: string, stats: DatasetStats): string {
  const { sources, histograms, offsets, leaking } = stats
  const share = (key: 'day' | 'night' | 'misaligned') => sources.map((s) => s[key] / Math.max(1, s.pairs))
  const bins = Array.from({ length: 16 }, (_, i) => i)
  const sure = Math.max(
    1,
    offsets.reduce((a, b) => a + b, 0),
  )
  const leaks =
    leaking.length > 0 ? [`${leaking.length} sequences are in more than one split, e.g. ${leaking[0]}`] : []
  const setting = irSetting(stats)
  const pasted = setting === undefined ? '' : `<p>${settingUse} <code>${setting}</code></p>`
  return page(
    `Dataset ${name}`,
    `${counted(stats.pairs, 'pair')} and ${counted(stats.single, 'single image')} of ${counted(sources.length, 'source')}.`,
    [
      { title: 'Sources', html: htmlTable(sourceTable(stats), new Set([sources.length])) + notices(leaks) },
      {
        title: 'Hours and alignment',
        text: guessNote(stats),
        html: shareBars(
          sources.map(({ source }) => source),
          [
            { name: 'day', colour: colours[0], values: share('day') },
            { name: 'night', colour: colours[1], values: share('night') },
            { name: 'misaligned', colour: colours[2], values: share('misaligned') },
          ],
        ),
      },
      {
        title: 'Intensities',
        text: 'Every image counts alike.',
        html: `<div class="charts">${layerChart(
          'share of pixels by grey value',
          bins,
          { visible: histograms.rgb ?? [], infrared: histograms.ir ?? [] },
          { share: 'some', label: (bin) => String(bin * 16) },
        )}${layerChart(
          'share of sure pairs by offset in pixels',
          offsets.map((_, i) => i),
          { pairs: offsets.map((count) => count / sure) },
          { label: (bin) => (bin === offsets.length - 1 ? `${bin}+` : String(bin)) },
        )}</div>${htmlTable(constantsTable(stats))}${pasted}`,
      },
      { title: 'Alignment', html: htmlTable(offsetTable(stats)) },
      { title: 'Sizes', html: htmlTable(sizeTable(stats)) },
    ],
  )
}
