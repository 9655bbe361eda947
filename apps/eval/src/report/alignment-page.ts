import type { EngineName } from '@univ/compile'
import { colours, htmlTable, notices, page, type Section, scatterChart, shareBars, tiles } from '@univ/report'
import type { Alignment } from '../alignment'
import { spread } from '../open-pairs'
import { loadView, timeOfDay } from '../views'
import { alignmentTable, type Measure, mainRows, measures, timeTable } from './alignment-tables'
import { attentionSection, type ShownPair } from './attention-section'
import { chosenPatches } from './chosen-patches'
import { percent } from './figures'
import { alignmentFindings, alignmentTiles } from './findings'
import { projectTokens } from './projection'
import { similaritySection } from './similarity-section'

const classNames = {
  labels: 'the given labels',
  teacher: 'the teacher’s own classifier on RGB',
  clusters: 'clusters of RGB tokens, for want of labels',
} as const

/** Pairs for the pictures: day and night in turn where it is known, spread over the listing. */
async function shownPairs({ pairs, size, grid }: Alignment, count: number): Promise<ShownPair[]> {
  const indices = [...pairs.keys()]
  const nights = indices.filter((i) => timeOfDay(pairs[i]!) === 'night')
  const others = indices.filter((i) => timeOfDay(pairs[i]!) !== 'night')
  const half = Math.min(nights.length, Math.max(Math.floor(count / 2), count - others.length))
  const chosen = [...spread(others, count - half), ...spread(nights, half)].sort((a, b) => a - b)
  return Promise.all(
    chosen.map(async (index) => ({
      index,
      patches: chosenPatches(await loadView(pairs[index]!, 'ir', size), size, grid),
    })),
  )
}

function projectionSection({ material }: Alignment): Section {
  const { student, teacher } = material
  const cloud = (name: string, { encoded }: typeof student) => {
    const points = projectTokens(encoded.rgb, encoded.ir)
    return scatterChart(`${name} (${percent(points.share)} of the variance)`, points)
  }
  const charts = [
    ...(teacher ? [cloud('before', teacher)] : []),
    cloud(teacher ? 'after' : 'encoder', student),
  ]
  return {
    title: 'Patch features in two dimensions',
    text: 'The first two principal axes of the tokens of both modalities. Apart: the encoder tells the sensors from each other; mixed: it does so less.',
    html: `<div class="charts">${charts.join('')}</div>`,
  }
}

function comparisonSection(alignment: Alignment): Section {
  const { student, teacher } = alignment
  const shown: readonly Measure[] = [
    measures.probeIr,
    measures.probeRgb,
    measures.shiftedIr,
    measures.shiftedIrNear,
    measures.plainIr,
  ]
  const series = [
    { name: 'place alone', colour: colours.chance, values: shown.map((m) => m.byPlace?.(alignment)) },
    ...(teacher
      ? [{ name: 'before (teacher)', colour: colours.before, values: shown.map((m) => m.pick(teacher)) }]
      : []),
    { name: teacher ? 'after' : 'encoder', colour: colours.after, values: shown.map((m) => m.pick(student)) },
  ]
  return {
    title: 'At a glance',
    html: shareBars(
      shown.map(({ name }) => name),
      series,
    ),
  }
}

/** The report of `univ-eval align`. */
export async function alignmentPage(
  alignment: Alignment,
  options: { readonly engine: EngineName; readonly pictures: number },
): Promise<string> {
  const { pairs, shift, grid, size, classes } = alignment
  const sources = [...new Set(pairs.map(({ source }) => source))].join(', ')
  const note = `${pairs.length} held-out pairs (${sources}), ${size} × ${size} pixels, ${grid[0]} × ${grid[1]} patches. Classes of the probe: ${classNames[classes]}; it is fitted on half of the pairs and answers for the other, both ways round.`
  const times = timeTable(alignment)
  const shown = await shownPairs(alignment, options.pictures)
  const pictured = shown.length > 0
  return page('Infrared-visible alignment', note, [
    { title: 'Result', html: tiles(alignmentTiles(alignment)) + notices(alignmentFindings(alignment)) },
    comparisonSection(alignment),
    {
      title: 'All measures',
      text: `Retrieval looks for the patch that shows the same thing among the patches of the other image. In shifted views infrared lies ${shift.rows} patches lower and ${shift.columns} further right, so that place misleads. Separability: variance between classes over variance within.`,
      html: htmlTable(alignmentTable(alignment), mainRows),
    },
    times && { title: 'Day and night', html: htmlTable(times) },
    projectionSection(alignment),
    pictured ? await attentionSection(alignment, shown, options.engine) : undefined,
    pictured ? await similaritySection(alignment, shown) : undefined,
  ])
}
