import { basename } from 'node:path'
import { counted } from '@univ/command-line'
import { loadImage } from '@univ/mvip'
import { htmlTable, layerChart, page, pictureGrid, type Section, type Table } from '@univ/report'
import { labelName, labelSources, type SourceQuality, type TeacherQuality } from '../teacher-quality'
import { chosenPatches } from './chosen-patches'
import { percent } from './figures'
import { framed, positives } from './heatmap'

/** One line for each source and layer. */
export function teacherTable({ rows }: Pick<TeacherQuality, 'rows'>): Table {
  const labelled = rows.some(({ precision }) => precision !== undefined)
  return {
    head: [
      'source',
      'layer',
      'positives',
      'mean distance',
      'rows without',
      ...(labelled ? ['precision', 'by chance'] : []),
      'scale',
      'bias',
    ],
    rows: rows.map((row) => [
      row.source,
      `${row.layer}`,
      percent(row.positiveRate),
      row.distance.toFixed(2),
      percent(row.emptyRows),
      ...(labelled ? [percent(row.precision), percent(row.baseRate)] : []),
      row.logits?.scale.toFixed(1) ?? '–',
      row.logits?.bias.toFixed(1) ?? '–',
    ]),
  }
}

/** A source with more rows without positives than this leaves patches without a lesson. */
const fewEmptyRows = 0.01

/** Of every source the layer whose positives are right most often, among those that have some for nearly every patch. */
export function bestRows({ rows }: Pick<TeacherQuality, 'rows'>): SourceQuality[] {
  return labelSources.flatMap((source) => {
    const fit = rows.filter(
      (row) => row.source === source && row.precision !== undefined && row.emptyRows <= fewEmptyRows,
    )
    return fit.length === 0
      ? []
      : [fit.reduce((best, row) => (row.precision! >= best.precision! ? row : best))]
  })
}

/** Of every source the last layer: labels.layer of a training is -1 unless it says otherwise. */
const lastRows = ({ rows }: Pick<TeacherQuality, 'rows'>): SourceQuality[] =>
  labelSources.flatMap((source) => rows.findLast((row) => row.source === source) ?? [])

function chartSection({ rows, chanceDistance }: TeacherQuality): Section {
  const layers = [...new Set(rows.map(({ layer }) => layer))]
  const series = (pick: (row: SourceQuality) => number | undefined) =>
    Object.fromEntries(
      labelSources.map((source) => [source, rows.filter((row) => row.source === source).map(pick)]),
    )
  const baseRate = rows[0]?.baseRate
  const charts = [
    ...(baseRate === undefined
      ? []
      : [
          layerChart(
            'precision',
            layers,
            series((row) => row.precision),
            { chance: baseRate },
          ),
        ]),
    layerChart(
      'rate of positives',
      layers,
      series((row) => row.positiveRate),
    ),
    layerChart(
      'mean distance in patches',
      layers,
      series((row) => row.distance),
      {
        chance: Number(chanceDistance.toFixed(2)),
        share: false,
      },
    ),
    layerChart(
      'rows without positives',
      layers,
      series((row) => row.emptyRows),
    ),
  ]
  return { title: 'By layer', html: `<div class="charts">${charts.join('')}</div>` }
}

async function pictureSection(quality: TeacherQuality, size: number): Promise<Section> {
  const pictured = lastRows(quality)
  const blocks = quality.shown.map(async ({ image, labels }) => {
    const under = { image, modality: 'rgb' } as const
    const { data } = await loadImage(image, { modality: 'rgb', size })
    const tokens = quality.grid[0] * quality.grid[1]
    const rows = chosenPatches(data, size, quality.grid, 2).map(async (patch) => [
      { src: await framed(under, quality.grid, [{ patch }]), caption: 'patch' },
      ...(await Promise.all(
        pictured.map(async (row) => {
          const own = labels[labelName(row)]!.subarray(patch * tokens, (patch + 1) * tokens)
          const count = own.filter((value) => value > 0.5).length
          return {
            src: await positives(under, own, quality.grid, [{ patch }]),
            caption: `${row.source}, layer ${row.layer}: ${counted(count, 'positive')}`,
          }
        }),
      )),
    ])
    return pictureGrid(
      basename(typeof image === 'string' ? image : image.file),
      1 + pictured.length,
      (await Promise.all(rows)).flat(),
    )
  })
  return {
    title: 'Pseudo-labels of chosen patches',
    text: 'Lit: the patches that the framed patch would be drawn to. Of every source the last layer, which labels.layer stands for unless it is given.',
    html: (await Promise.all(blocks)).join(''),
  }
}

/** The report of `univ-eval teacher`. */
export async function teacherPage(quality: TeacherQuality, size: number): Promise<string> {
  const { rows, images, grid, shown, chanceDistance } = quality
  const best = new Set(bestRows(quality).map((row) => rows.indexOf(row)))
  const labelled = rows.some(({ precision }) => precision !== undefined)
  const note = `${counted(images, 'image')}, ${grid[0]} × ${grid[1]} patches. Which patches would this teacher declare to belong together? Distance is in patches (${chanceDistance.toFixed(1)} between any two).${labelled ? ' Precision: how many positives share the patch’s class, itself left out; near patches share it easily, so read it beside the distance. ' : ''} Layers count from 0, as labels.layer in a training configuration; scale and bias are where learned logits start under logits.kind: fitted.`
  return page('Pseudo-labels of a teacher', note, [
    { title: 'By source and layer', html: htmlTable(teacherTable(quality), labelled ? best : undefined) },
    chartSection(quality),
    shown.length > 0 ? await pictureSection(quality, size) : undefined,
  ])
}
