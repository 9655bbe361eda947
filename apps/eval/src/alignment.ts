import { type LoadedBackbone, loadBackbone, tokenStride } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import { listPairs, type Pair } from '@univ/mvip'
import {
  alignedCosine,
  clusterTokens,
  fitProbe,
  linearCka,
  majorityShare,
  patchRetrieval,
  positionBaseline,
  probeAccuracy,
  type Retrieval,
  type Shift,
  separability,
  type TokenSet,
} from '@univ/pccl'
import { alignOutputs, gridOf, joinTokens, openEncoder } from './encode'
import { loadPair, pairClasses, shiftedViews, timeOfDay } from './views'

export interface AlignOptions {
  readonly checkpoint: string
  readonly teacher?: string
  readonly heads?: number
  readonly data: readonly string[]
  /** Label PNGs for the probe; without them classes are clusters of the teacher's (or the encoder's) RGB tokens. */
  readonly labels?: string
  readonly ignore: readonly number[]
  /** Stems to use, one a line. */
  readonly only?: ReadonlySet<string>
  readonly size: number
  readonly limit: number
  /** Patches by which shifted views differ. */
  readonly shift: Shift
  readonly engine: EngineName
  readonly onProgress?: (done: number, total: number) => void
}

/** Measures of one encoder. */
export interface AlignmentScores {
  readonly retrieval: Retrieval
  readonly shiftedRetrieval: Retrieval
  readonly cka: number
  readonly cosine: number
  readonly separability: { readonly rgb: number; readonly ir: number }
  /** A linear probe fitted on RGB tokens of the first half of the pairs, tested on the other half. */
  readonly probe: {
    readonly rgb: number
    readonly ir: number
    readonly majority: number
    readonly byTime: Readonly<Record<string, { readonly rgb: number; readonly ir: number }>>
  }
}

/** One encoder's tokens of all pairs. */
export interface EncodedPairs {
  readonly rgb: TokenSet
  readonly ir: TokenSet
  readonly shiftedRgb: TokenSet
  readonly shiftedIr: TokenSet
}

export interface Alignment {
  readonly pairs: readonly Pair[]
  readonly grid: readonly [number, number]
  readonly shift: Shift
  readonly classes: 'labels' | 'clusters'
  readonly positionBaseline: { readonly plain: number; readonly shifted: number }
  readonly student: AlignmentScores
  readonly teacher?: AlignmentScores
  readonly encoded: { readonly student: EncodedPairs; readonly teacher?: EncodedPairs }
  readonly labels: Int32Array
}

async function encodePairs(
  backbone: LoadedBackbone,
  pairs: readonly Pair[],
  options: AlignOptions,
  tick: () => void,
): Promise<EncodedPairs> {
  const size = [options.size, options.size] as const
  const grid = gridOf(backbone, size)
  const encoder = await openEncoder(backbone, {
    size,
    batch: 2,
    engine: options.engine,
    wanted: alignOutputs,
  })
  const views = shiftedViews(options.shift, grid)
  const parts = { rgb: [], ir: [], shiftedRgb: [], shiftedIr: [] } as Record<
    keyof EncodedPairs,
    Parameters<typeof joinTokens>[0][number][]
  >
  const both = async (rgb: Float32Array, ir: Float32Array) => {
    const stacked = new Float32Array(rgb.length * 2)
    stacked.set(rgb)
    stacked.set(ir, rgb.length)
    const { tokens } = await encoder.run(stacked)
    const half = tokens!.data.length / 2
    return [0, 1].map((i) => ({
      ...tokens!,
      shape: [1, ...tokens!.shape.slice(1)],
      data: tokens!.data.slice(i * half, (i + 1) * half),
    })) as [typeof tokens & object, typeof tokens & object]
  }
  for (const pair of pairs) {
    const [plain, moved] = [await loadPair(pair, options.size), await loadPair(pair, options.size, views)]
    const [rgb, ir] = await both(plain.rgb, plain.ir)
    const [shiftedRgb, shiftedIr] = await both(moved.rgb, moved.ir)
    parts.rgb.push(rgb)
    parts.ir.push(ir)
    parts.shiftedRgb.push(shiftedRgb)
    parts.shiftedIr.push(shiftedIr)
    tick()
  }
  await encoder.dispose()
  return Object.fromEntries(
    Object.entries(parts).map(([name, list]) => [name, joinTokens(list, grid)]),
  ) as unknown as EncodedPairs
}

/** Even pairs fit, odd pairs test: both halves see every source. */
function probeScores(
  { rgb, ir }: EncodedPairs,
  labels: Int32Array,
  pairs: readonly Pair[],
): AlignmentScores['probe'] {
  const tokens = rgb.grid[0] * rgb.grid[1]
  const where = (keep: (image: number) => boolean) =>
    labels.map((label, row) => (keep(Math.floor(row / tokens)) ? label : -1))
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1
  const probe = fitProbe(
    rgb,
    where((image) => image % 2 === 0),
    classes,
  )
  const test = (keep: (image: number) => boolean) => ({
    rgb: probeAccuracy(probe, rgb, where(keep)),
    ir: probeAccuracy(probe, ir, where(keep)),
  })
  const times = [...new Set(pairs.map(timeOfDay))].filter((time) => time !== undefined)
  const byTime = Object.fromEntries(
    times.map((time) => [time, test((image) => image % 2 === 1 && timeOfDay(pairs[image]!) === time)]),
  )
  return {
    ...test((image) => image % 2 === 1),
    majority: majorityShare(where((image) => image % 2 === 1)),
    byTime,
  }
}

function scoresOf(
  encoded: EncodedPairs,
  labels: Int32Array,
  pairs: readonly Pair[],
  shift: Shift,
): AlignmentScores {
  const { rgb, ir, shiftedRgb, shiftedIr } = encoded
  return {
    retrieval: patchRetrieval(rgb, ir),
    shiftedRetrieval: patchRetrieval(shiftedRgb, shiftedIr, shift),
    cka: linearCka(rgb, ir),
    cosine: alignedCosine(rgb, ir),
    separability: { rgb: separability(rgb, labels), ir: separability(ir, labels) },
    probe: probeScores(encoded, labels, pairs),
  }
}

/** Alignment of an encoder, and of its teacher beside it. */
export async function measureAlignment(options: AlignOptions): Promise<Alignment> {
  const student = await loadBackbone(options.checkpoint, { heads: options.heads })
  const teacher = options.teacher ? await loadBackbone(options.teacher, { heads: options.heads }) : undefined
  const pairs = listPairs(options.data, { onBad: 'skip', only: options.only }).pairs.slice(0, options.limit)
  if (pairs.length < 2)
    throw new Error(`${options.data.join(', ')}: ${pairs.length} pairs, the probe needs at least 2`)
  let done = 0
  const total = pairs.length * (teacher ? 2 : 1)
  const tick = () => options.onProgress?.(++done, total)
  const encodedStudent = await encodePairs(student, pairs, options, tick)
  const encodedTeacher = teacher ? await encodePairs(teacher, pairs, options, tick) : undefined
  const { grid } = encodedStudent.rgb
  const labels = options.labels
    ? await labelsOf(pairs, options, tokenStride(student.config))
    : clusterTokens((encodedTeacher ?? encodedStudent).rgb, 8)
  const scores = (encoded: EncodedPairs) => scoresOf(encoded, labels, pairs, options.shift)
  return {
    pairs,
    grid,
    shift: options.shift,
    classes: options.labels ? 'labels' : 'clusters',
    positionBaseline: {
      plain: positionBaseline({ grid }).top1,
      shifted: positionBaseline({ grid }, options.shift).top1,
    },
    student: scores(encodedStudent),
    teacher: encodedTeacher && scores(encodedTeacher),
    encoded: { student: encodedStudent, teacher: encodedTeacher },
    labels,
  }
}

async function labelsOf(pairs: readonly Pair[], options: AlignOptions, patch: number): Promise<Int32Array> {
  const parts = await Promise.all(
    pairs.map((pair) => pairClasses(pair, options.labels!, options.size, patch, options.ignore)),
  )
  const labels = new Int32Array(parts.length * parts[0]!.length)
  parts.forEach((part, i) => void labels.set(part, i * part.length))
  return labels
}
