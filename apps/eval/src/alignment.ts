import { type LoadedBackbone, tokenStride } from '@univ/backbone'
import type { Report } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import type { SourcePair, TimeOfDay } from '@univ/mvip'
import {
  alignedCosine,
  linearCka,
  patchRetrieval,
  positionBaseline,
  type Retrieval,
  type Shift,
  separability,
} from '@univ/pccl'
import { type EncodedPairs, encodePairs, selectImages, selectRows } from './encode-pairs'
import { type BackboneSource, openBackbone } from './open-backbone'
import { openPairs, type PairSelection } from './open-pairs'
import { pairLabels } from './pair-labels'
import { type ClassSource, labelledClasses, ownClasses } from './patch-labels'
import { predictAcross, type TransferScores, transferScores } from './probe-transfer'
import { timeOfDay } from './views'

export interface AlignOptions extends BackboneSource, PairSelection {
  /** The encoder before pre-training, to compare with. */
  readonly teacher?: string
  /** Label maps for the probe, `pairLabels`; without any the teacher's classes. */
  readonly labels?: readonly string[]
  /** Class ids that do not count. */
  readonly ignore: readonly number[]
  readonly size: number
  /** Patches by which shifted views differ. */
  readonly shift: Shift
  readonly batch: number
  readonly engine: EngineName
  readonly onProgress?: Report
}

/** Measures of one encoder on some pairs. */
export interface AlignmentScores {
  readonly pairs: number
  readonly retrieval: Retrieval
  readonly shiftedRetrieval: Retrieval
  readonly cka: number
  readonly cosine: number
  readonly separability: { readonly rgb: number; readonly ir: number }
  readonly probe: TransferScores
}

/** Measures on all pairs, and apart for day and night where the names tell. */
export interface EncoderScores extends AlignmentScores {
  readonly byTime: Readonly<Partial<Record<TimeOfDay, AlignmentScores>>>
}

export interface Alignment {
  readonly pairs: readonly SourcePair[]
  readonly grid: readonly [number, number]
  readonly size: number
  readonly shift: Shift
  /** Where the probe's classes come from. */
  readonly classes: ClassSource
  /** Top-1 retrieval of the rule "the same place". */
  readonly positionBaseline: { readonly plain: number; readonly shifted: number }
  readonly student: EncoderScores
  readonly teacher?: EncoderScores
  /** What the pictures are made from. */
  readonly material: Readonly<Record<'student', EncoderMaterial>> & { readonly teacher?: EncoderMaterial }
}

/** An encoder and its tokens of the pairs. */
export interface EncoderMaterial {
  readonly backbone: LoadedBackbone
  readonly encoded: EncodedPairs
}

function scoresOf(encoded: EncodedPairs, classes: Int32Array, pairs: readonly SourcePair[], shift: Shift) {
  const predictions = predictAcross(encoded.rgb, encoded.ir, classes)
  const measure = (images: readonly number[]): AlignmentScores => {
    const of = (name: keyof EncodedPairs) => selectImages(encoded[name], images)
    const [rgb, ir] = [of('rgb'), of('ir')]
    const labels = selectRows(classes, pairs.length, images)
    return {
      pairs: images.length,
      retrieval: patchRetrieval(rgb, ir),
      shiftedRetrieval: patchRetrieval(of('shiftedRgb'), of('shiftedIr'), shift),
      cka: linearCka(rgb, ir),
      cosine: alignedCosine(rgb, ir),
      separability: { rgb: separability(rgb, labels), ir: separability(ir, labels) },
      probe: transferScores(predictions, classes, pairs.length, images),
    }
  }
  const where = (keep: (pair: SourcePair) => boolean) => [...pairs.keys()].filter((i) => keep(pairs[i]!))
  const times = (['day', 'night'] as const).flatMap((time) => {
    const images = where((pair) => timeOfDay(pair) === time)
    return images.length > 0 ? [[time, measure(images)] as const] : []
  })
  return { ...measure(where(() => true)), byTime: Object.fromEntries(times) } satisfies EncoderScores
}

/** Alignment of an encoder, and of its teacher beside it. */
export async function measureAlignment(options: AlignOptions): Promise<Alignment> {
  const { size, shift, checkpoint } = options
  const pairs = await openPairs(options)
  const student = await openBackbone(options)
  // The heads are given for both: a student has its teacher's sizes.
  const teacher =
    options.teacher === undefined
      ? undefined
      : await openBackbone({ checkpoint: options.teacher, heads: options.heads })
  const patch = tokenStride(student.config)
  if (teacher && tokenStride(teacher.config) !== patch)
    throw new Error(
      `${options.teacher} has patches of ${tokenStride(teacher.config)} pixels, ${checkpoint} of ${patch}: they cannot be compared patch by patch`,
    )
  // Before the work: what is said of a label map is not to be waited for.
  const maps = await pairLabels(pairs, options.data, options.labels)
  const labelled = maps && (await labelledClasses(maps, { ...options, patch }))
  const total = 4 * pairs.length * (teacher ? 2 : 1)
  let done = 0
  const onImages = (images: number) => {
    done += images
    options.onProgress?.(done, total)
  }
  const before = teacher && (await encodePairs(teacher, pairs, { ...options, onImages }))
  const after = await encodePairs(student, pairs, { ...options, onImages })
  const { classes, source } = labelled
    ? { classes: labelled, source: 'labels' as const }
    : await ownClasses(options.teacher ?? checkpoint, (before ?? after).rgb)
  const { grid } = after.rgb
  return {
    pairs,
    grid,
    size,
    shift,
    classes: source,
    positionBaseline: {
      plain: positionBaseline({ grid }).top1,
      shifted: positionBaseline({ grid }, shift).top1,
    },
    student: scoresOf(after, classes, pairs, shift),
    teacher: before && scoresOf(before, classes, pairs, shift),
    material: {
      student: { backbone: student, encoded: after },
      teacher: teacher && before && { backbone: teacher, encoded: before },
    },
  }
}
