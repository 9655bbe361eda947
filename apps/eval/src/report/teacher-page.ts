import type { SourceQuality } from '../teacher-quality'
import { barChart } from './charts'
import { page, table } from './page'

const percent = (value: number | undefined): string =>
  value === undefined ? '–' : `${(100 * value).toFixed(1)} %`

/** Head and rows for terminal and page. */
export function teacherTable(rows: readonly SourceQuality[]): {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
} {
  return {
    head: ['source', 'layer', 'positives', 'distance', 'empty rows', 'precision', 'chance'],
    rows: rows.map((row) => [
      row.source,
      `${row.layer}`,
      percent(row.positiveRate),
      row.distance.toFixed(2),
      percent(row.emptyRows),
      percent(row.precision),
      percent(row.baseRate),
    ]),
  }
}

/** The report of `univ-eval teacher`. */
export function teacherPage(rows: readonly SourceQuality[], images: number): string {
  const { head, rows: cells } = teacherTable(rows)
  const layers = [...new Set(rows.map(({ layer }) => layer))].sort((a, b) => a - b)
  const sources = [...new Set(rows.map(({ source }) => source))]
  const series = (pick: (row: SourceQuality) => number | undefined) =>
    Object.fromEntries(
      sources.map((source) => [
        source,
        layers.map(
          (layer) => rows.filter((row) => row.source === source && row.layer === layer).map(pick)[0],
        ),
      ]),
    )
  const names = layers.map((layer) => `layer ${layer}`)
  const precision = rows.some((row) => row.precision !== undefined)
  return page(
    'Pseudo-labels of a teacher',
    `${images} images. Distance is in patches; precision is the share of positives that share the patch’s class.`,
    [
      { title: 'By source and layer', html: table(head, cells) },
      ...(precision
        ? [
            {
              title: 'Precision',
              html: barChart(
                names,
                series((row) => row.precision),
              ),
            },
          ]
        : []),
      {
        title: 'Rate of positives',
        html: barChart(
          names,
          series((row) => row.positiveRate),
        ),
      },
    ],
  )
}
