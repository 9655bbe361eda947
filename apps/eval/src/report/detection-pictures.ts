import { type CocoDetection, type CocoTruth, type ImageErrors, imageErrors } from '@univ/heads'
import type { DetectionScene, Modality } from '@univ/mvip'
import { type Picture, pictureGrid, type Section } from '@univ/report'
import type { DetectionResult } from '../detection'
import { boxPicture } from './box-picture'

const colours = { truth: '#35e0ff', found: '#5ee08a', wrong: '#ff5d5d' } as const
const names: Readonly<Record<Modality, string>> = { rgb: 'visible', ir: 'infrared' }

/** Detections below this are not drawn; the figures count them all. */
const shownScore = 0.5

interface SeenScene {
  readonly scene: DetectionScene
  readonly truths: readonly CocoTruth[]
  readonly seen: readonly { readonly modality: Modality; readonly errors: ImageErrors }[]
  /** Mistakes over objects and detections, all modalities together; 0 is perfect. */
  readonly badness: number
}

/** Scenes with predictions beside truth in both modalities, the worst first. */
export async function detectionPictures(result: DetectionResult, count: number): Promise<Section> {
  const scenes = [...scenesOf(result)].sort((a, b) => b.badness - a.badness).slice(0, count)
  const rows = await Promise.all(scenes.map((scene) => picturesOf(scene, result.classes)))
  const columns = 2 * (scenes[0]?.seen.length ?? 1)
  return {
    title: 'Images, the worst first',
    text: `Truth blue (dashed: not counted), detections from a score of ${shownScore} on green where they found an object at an overlap of 0.5, red where they did not.`,
    html: pictureGrid('Truth and detections', columns, rows.flat()),
  }
}

function scenesOf({ detector }: DetectionResult): SeenScene[] {
  const scenes = new Map<string, Omit<SeenScene, 'badness'>>()
  for (const [modality, { images, truth, detections }] of Object.entries(detector.found)) {
    const truthsOf = byImage(truth.truths)
    const detectionsOf = byImage(detections)
    for (const [id, scene] of images) {
      const truths = truthsOf.get(id) ?? []
      const errors = imageErrors(truths, detectionsOf.get(id) ?? [], { score: shownScore })
      const known = scenes.get(scene.id) ?? { scene, truths, seen: [] }
      scenes.set(scene.id, {
        ...known,
        seen: [...known.seen, { modality: modality as Modality, errors }],
      })
    }
  }
  return [...scenes.values()].map((scene) => ({ ...scene, badness: badnessOf(scene.seen) }))
}

function badnessOf(seen: SeenScene['seen']): number {
  const sum = (pick: (errors: ImageErrors) => number) =>
    seen.reduce((total, { errors }) => total + pick(errors), 0)
  const mistakes = sum(({ missed, wrong }) => missed + wrong.length)
  return (
    mistakes /
    Math.max(
      1,
      sum(({ objects, found, wrong }) => objects + found.length + wrong.length),
    )
  )
}

function byImage<T extends { readonly image: number }>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const item of items) groups.set(item.image, [...(groups.get(item.image) ?? []), item])
  return groups
}

async function picturesOf(
  { scene, truths, seen }: SeenScene,
  classes: readonly string[],
): Promise<Picture[]> {
  const name = (category: number) => classes[category - 1] ?? `${category}`
  const truthBoxes = truths.map(({ box, category, crowd }) => ({
    box,
    colour: colours.truth,
    text: name(category),
    dashed: crowd,
  }))
  const drawn = (items: readonly CocoDetection[], colour: string) =>
    items.map(({ box, category, score }) => ({ box, colour, text: `${name(category)} ${score.toFixed(2)}` }))
  const pictures = seen.map(async ({ modality, errors }): Promise<Picture[]> => {
    const image = scene.files[modality]!
    const boxes = [...drawn(errors.wrong, colours.wrong), ...drawn(errors.found, colours.found)]
    const { found, wrong, missed, objects } = errors
    return [
      {
        src: await boxPicture({ image, modality }, scene, truthBoxes),
        caption: `${scene.id}, ${names[modality]}: truth`,
      },
      {
        src: await boxPicture({ image, modality }, scene, boxes),
        caption: `${names[modality]}: ${found.length} of ${objects} found, ${missed} missed, ${wrong.length} wrong`,
      },
    ]
  })
  return (await Promise.all(pictures)).flat()
}
