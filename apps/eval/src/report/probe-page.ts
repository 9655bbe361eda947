import type { Modality } from '@univ/mvip'
import {
  escapeHtml,
  htmlTable,
  type Picture,
  page,
  pictureGrid,
  type Section,
  seriesColours,
  shareBars,
  type Table,
  tiles,
} from '@univ/report'
import type { PatchProbe, ProbeTest } from '../patch-probe'
import { classLegend } from './class-colours'
import { confusionMatrix } from './confusion-matrix'
import { percent } from './figures'
import { asSource, labelOverlay, plainPicture } from './label-pictures'

const seen: Readonly<Record<Modality, string>> = { rgb: 'RGB', ir: 'IR' }
const kinds = { linear: 'linear', knn: 'k-NN' } as const

const nameOf = ({ kind, fitted, asked }: ProbeTest): string =>
  `${kinds[kind]}, ${seen[fitted]} → ${seen[asked]}`

/** Every probe: kind, modality it was fitted in, modality it was asked in. */
export function probeTable({ tests, majority }: PatchProbe): Table {
  const guess = ['most frequent class', '', '', percent(majority), '', '']
  return {
    head: ['probe', 'fitted on', 'tested on', 'patches right', 'mIoU', 'mAcc'],
    rows: [
      ...tests.map(({ kind, fitted, asked, scores }) => [
        kinds[kind],
        seen[fitted],
        seen[asked],
        percent(scores.aAcc),
        percent(scores.mIoU),
        percent(scores.mAcc),
      ]),
      guess,
    ],
  }
}

/** Figures without predictions, for a JSON file. */
export function probeJson({ classes, modalities, grid, fitted, scenes, majority, tests }: PatchProbe) {
  const figures = tests.map(({ kind, fitted: on, asked, scores }) => ({ kind, fitted: on, asked, ...scores }))
  return { classes, modalities, grid, fitted, asked: scenes.map(({ id }) => id), majority, tests: figures }
}

/** Scenes by the share of their patches that are right, mean over the tests; the worst first. */
function worstScenes({ scenes, truth, tests }: PatchProbe, count: number): number[] {
  const tokens = truth.length / scenes.length
  const share = (scene: number): number => {
    let [right, counted] = [0, 0]
    for (let i = scene * tokens; i < (scene + 1) * tokens; i++) {
      if (truth[i]! < 0) continue
      for (const { predicted } of tests) right += Number(predicted[i] === truth[i])
      counted += tests.length
    }
    return counted === 0 ? 2 : right / counted
  }
  const shares = scenes.map((_, scene) => share(scene))
  return [...scenes.keys()].sort((a, b) => shares[a]! - shares[b]!).slice(0, count)
}

async function pictureSection(probe: PatchProbe, count: number): Promise<Section> {
  const { grid, truth, tests, scenes, modalities } = probe
  const [height, width] = grid
  const tokens = height * width
  const blocks: string[] = []
  for (const scene of worstScenes(probe, count)) {
    const { id, images } = scenes[scene]!
    const map = (values: Int32Array) => ({
      height,
      width,
      labels: Uint8Array.from(values.subarray(scene * tokens, (scene + 1) * tokens), (label) =>
        label < 0 ? 255 : label,
      ),
    })
    const pictures: Picture[] = []
    for (const modality of modalities) {
      const pictured = { image: images[modality]!, modality }
      // A grid is drawn over the image at a picture's size, not at the grid's.
      const shown = async (values: Int32Array) =>
        asSource(await labelOverlay(pictured, enlarged(map(values)), { names: probe.classes }))
      pictures.push({
        src: asSource(await plainPicture(pictured, { height: side, width: side })),
        caption: seen[modality],
      })
      pictures.push({ src: await shown(truth), caption: 'truth' })
      for (const test of tests.filter(({ asked }) => asked === modality))
        pictures.push({ src: await shown(test.predicted), caption: nameOf(test) })
    }
    blocks.push(pictureGrid(id, pictures.length / modalities.length, pictures))
  }
  return {
    title: 'Worst scenes first',
    text: 'By the share of patches that the probes answer rightly. Patches that do not count are left uncoloured in the truth.',
    html: classLegend(probe.classes.map(escapeHtml)) + blocks.join(''),
  }
}

/** Side of a drawn grid. */
const side = 224

function enlarged({ labels, height, width }: { labels: Uint8Array; height: number; width: number }) {
  const large = Uint8Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side]
    return labels[Math.floor((y * height) / side) * width + Math.floor((x * width) / side)]!
  })
  return { labels: large, height: side, width: side }
}

/** The report of `univ-eval probe`. */
export async function probePage(
  probe: PatchProbe,
  options: { readonly size: number; readonly pictures: number },
): Promise<string> {
  const { classes, tests, grid, fitted, scenes, majority } = probe
  const note = `Fitted on ${fitted} scenes, tested on ${scenes.length}; ${options.size} × ${options.size} pixels, ${grid[0]} × ${grid[1]} patches, ${classes.length} classes. A patch has the class of most of its pixels. A probe fitted in one modality and tested in the other tells what the features of the two have in common.`
  const bars = [...new Set(tests.map(({ kind }) => kind))].map((kind) => {
    const series = tests
      .filter((test) => test.kind === kind)
      .map((test, i) => ({
        name: nameOf(test),
        colour: seriesColours[i % seriesColours.length]!,
        values: test.scores.iou,
      }))
    return `<h3>${kinds[kind]}</h3>${shareBars([...classes], series)}`
  })
  const matrices = tests.map(
    (test) => `<h3>${escapeHtml(nameOf(test))}</h3>${confusionMatrix(test.confusion, classes)}`,
  )
  return page('Probes of patch features', note, [
    {
      title: 'Result',
      html:
        tiles(
          tests.map((test) => ({
            name: nameOf(test),
            value: percent(test.scores.aAcc),
            note: `mIoU ${percent(test.scores.mIoU)}; most frequent class ${percent(majority)}`,
          })),
        ) + htmlTable(probeTable(probe)),
    },
    { title: 'IoU by class', html: bars.join('') },
    options.pictures > 0 ? await pictureSection(probe, options.pictures) : undefined,
    { title: 'Confusion', text: 'Shares of each true class.', html: matrices.join('') },
  ])
}
