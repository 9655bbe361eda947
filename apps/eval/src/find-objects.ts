import type { CompiledProgram } from '@univ/compile'
import { type DetectionScene, type Modality, openDetectionLoader } from '@univ/mvip'
import { compareWithTruth, detectObjects, type FoundObject, type FoundObjects } from '@univ/train'
import { fileState, type Journal } from './journal'
import { readObjects } from './recorded-answers'

/** A detector's answers to the scenes in one modality; what the journal knows is not asked again. */
export async function findObjects(
  program: Pick<CompiledProgram, 'run'>,
  scenes: readonly DetectionScene[],
  options: {
    /** The detector's name in the journal. */
    readonly checkpoint: string
    readonly modality: Modality
    readonly batch: number
    readonly size: readonly [height: number, width: number]
    readonly classes: readonly string[]
    readonly journal: Journal
    readonly onImages: (images: number) => void
  },
): Promise<FoundObjects> {
  const { checkpoint, modality, batch, size, classes, journal, onImages } = options
  const keys = new Map(
    scenes.map((scene) => [
      scene,
      `${checkpoint} ${modality} ${scene.id} ${fileState(scene.files[modality]!)}`,
    ]),
  )
  const known = new Map<DetectionScene, readonly FoundObject[]>()
  for (const scene of scenes) {
    const objects = journal.recall(keys.get(scene)!, (value) => readObjects(value, classes.length))
    if (objects) known.set(scene, objects)
  }
  if (known.size > 0) onImages(known.size)
  const unknown = scenes.filter((scene) => !known.has(scene))
  if (unknown.length > 0) {
    const order = { shuffle: false, dropLast: false }
    const loader = openDetectionLoader({
      scenes: unknown,
      modalities: [modality],
      size,
      slots: 1,
      batch,
      ...order,
    })
    try {
      for await (const answers of detectObjects(program, loader, { batch, size })) {
        for (const { scene, objects } of answers) {
          known.set(scene, objects)
          journal.record(keys.get(scene)!, objects)
        }
        onImages(answers.length)
      }
    } finally {
      await loader.close()
    }
  }
  return compareWithTruth(
    scenes.map((scene) => ({ scene, modality, objects: known.get(scene)! })),
    classes,
  )
}
