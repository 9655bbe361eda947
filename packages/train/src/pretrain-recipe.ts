import * as tf from '@tensorflow/tfjs-core'
import {
  encoderOnly,
  features,
  initLora,
  type LoraConfig,
  mergeLora,
  tokenStride,
  tokenWidth,
} from '@univ/backbone'
import { filled, type HostArray, noisePool, rng, ShapeError, type Tree } from '@univ/nn'
import {
  emptyPatches,
  type LogitOptions,
  lowerEmptyRows,
  type ObjectiveInputs,
  type ObjectiveOptions,
  type PseudoLabelOptions,
  pcclObjective,
} from '@univ/pccl'
import { noiseSize, stepNoise } from './noise'
import type { Objective, Weights } from './objective'
import { type BackboneWeights, imageArray, type Recipe } from './recipe'
import { cropImages, type Displacement, drawDisplacement, sharedPatches } from './shifted-views'
import { teacherLabels } from './teacher-labels'
import { adapted, below, flattenLora, joinFixed, splitFixed, under, unflattenLora } from './trainable'

/** A batch of aligned pairs. */
export interface PairInput {
  /** Normalised, `[batch, side, side, 3]`; `side` is `size`, and under `shift` so many patches more. */
  readonly rgb: Float32Array
  readonly ir: Float32Array
}

/** A loss over the tokens of a step, and further scalars to report. */
export type PairObjective = (
  tokens: ObjectiveInputs,
  options: ObjectiveOptions,
) => Pick<ReturnType<Objective>, 'loss' | 'metrics'>

const paperObjective: PairObjective = (tokens, options) => {
  const { total, ...metrics } = pcclObjective(tokens, options)
  return { loss: total, metrics }
}

/** UNIV's pre-training. Defaults are the paper's, but without `lora` every weight is trained: the authors' is `paperLora`. */
export interface PretrainOptions {
  /** Frozen; sees the visible images. */
  readonly teacher: BackboneWeights
  /** Where the student starts; usually the teacher itself. */
  readonly student: BackboneWeights
  /** Pairs in a batch. */
  readonly batch: number
  /** Image side in pixels. */
  readonly size: number
  readonly seed: number
  /** Absent: every weight is trained. */
  readonly lora?: LoraConfig
  readonly labels?: PseudoLabelOptions
  /** A fixed temperature, or starting values of a learned scale and bias. Default temperature 0.04. */
  readonly logits?: { readonly temperature: number } | { readonly scale: number; readonly bias: number }
  readonly loss?: Omit<ObjectiveOptions, 'logits'>
  /** Another loss over the same tokens, anchors and labels; given `loss` and the logits' scale and bias. Default: the paper's. */
  readonly objective?: PairObjective
  /** Lower the labels of infrared patches without information (`ir_info`). Default false. */
  readonly irInfo?: boolean
  /** Stochastic depth of the student's last block. Default 0. */
  readonly dropPath?: number
  /**
   * Patches by which the student's window may be displaced against the teacher's, on each axis; the loss then looks at
   * what both show. Beyond the paper: a student that codes position instead of content gains nothing. Default 0.
   */
  readonly shift?: number
}

/** The student sees both images of a pair, the teacher the visible one; see `@univ/pccl` for the loss. */
export function pretrainRecipe(options: PretrainOptions): Recipe<PairInput> {
  const { batch, size, seed, lora, logits = { temperature: 0.04 }, dropPath = 0, shift = 0 } = options
  const teacher = { ...options.teacher, params: encoderOnly(options.teacher.params) }
  // One set of arrays where the student starts as the teacher, so that frozen weights are held once.
  const shared = options.student.params === options.teacher.params
  const student = shared ? teacher : { ...options.student, params: encoderOnly(options.student.params) }
  checkPair(teacher, student, size, shift)

  const { trained, fixed } = splitFixed(student.params, student.config)
  const starts = lora ? flattenLora(initLora(student.params, lora, rng(seed, 'lora'))) : trained
  // The scale is learned as a logarithm, as SigLIP's, so that it stays positive at any step size.
  const learned: Weights<HostArray> =
    'scale' in logits
      ? { 'logits.logScale': filled([], Math.log(logits.scale)), 'logits.bias': filled([], logits.bias) }
      : {}
  const noisy = (lora?.dropout ?? 0) > 0 || dropPath > 0
  const image = { shape: [batch, size, size, 3], dtype: 'float32' } as const
  const stride = tokenStride(teacher.config)
  const patches = { shape: [(size / stride - shift) ** 2], dtype: 'int32' } as const

  const objective: Objective = ({ weights, inputs, constants }) => {
    const frozen = constants as {
      teacher: Tree<tf.Tensor>
      student?: Tree<tf.Tensor>
      fixed?: Weights<tf.Tensor>
    }
    const [rgb, ir] = [inputs.rgb as tf.Tensor4D, inputs.ir as tf.Tensor4D]
    const seen = features(rgb, frozen.teacher, teacher.config)
    const labels = pairsOf(teacherLabels(seen, options.labels), inputs.teacherPatches)
    const anchors = rowsOf(seen.patchTokens, inputs.teacherPatches)
    const noise = noisy ? noisePool(inputs.noise as tf.Tensor1D) : undefined
    const encoder = under('encoder', weights)
    const params = lora
      ? adapted(frozen.student ?? frozen.teacher, encoder, lora, noise)
      : joinFixed(encoder, frozen.fixed ?? {})
    const both = tf.concat([(inputs.studentRgb ?? rgb) as tf.Tensor4D, ir], 0) // [2 · batch, size, size, 3]
    const { patchTokens } = features(both, params, student.config, { dropPath, noise })
    const half = (from: number) =>
      rowsOf(tf.slice(patchTokens, [from, 0, 0], [batch, -1, -1]), inputs.studentPatches)
    const empty = () => rowsOf(emptyPatches(ir, stride), inputs.studentPatches)
    const irLabels = options.irInfo ? lowerEmptyRows(labels, empty()) : labels
    const scale = weights['logits.logScale'] && tf.exp(weights['logits.logScale'])
    const bias = weights['logits.bias']
    const { loss, metrics } = (options.objective ?? paperObjective)(
      { rgb: half(0), ir: half(batch), anchors, labels, irLabels },
      { ...options.loss, logits: scale && bias ? { scale, bias } : (logits as LogitOptions) },
    )
    return {
      loss,
      metrics: scale && bias ? { ...metrics, scale, bias: tf.clone(bias) } : metrics,
    }
  }

  return {
    objective,
    weights: { ...below('encoder', starts), ...learned },
    constants: {
      teacher: teacher.params,
      ...(lora ? (shared ? {} : { student: student.params }) : { fixed }),
    } as Tree<HostArray>,
    inputs: {
      rgb: image,
      ir: image,
      ...(shift > 0 ? { studentRgb: image, teacherPatches: patches, studentPatches: patches } : {}),
      ...(noisy ? { noise: { shape: [noiseSize], dtype: 'float32' } as const } : {}),
    },
    feed: (pairs, step) => ({
      ...(shift > 0
        ? shiftedFeed(pairs, drawDisplacement(seed, step, shift), { batch, size, stride, shift })
        : { rgb: imageArray(pairs.rgb, batch, size), ir: imageArray(pairs.ir, batch, size) }),
      ...(noisy ? { noise: stepNoise(seed, step) } : {}),
    }),
    backbone: (weights) => {
      const encoder = under('encoder', weights)
      const params = lora
        ? mergeLora(student.params, unflattenLora(encoder), lora.alpha / lora.rank)
        : joinFixed(encoder, fixed)
      return { config: student.config, params }
    },
  }
}

/** Some rows of every image, `[batch, tokens, …]`; all of them where no indices are given. */
function rowsOf<T extends tf.Tensor>(rows: T, indices: tf.Tensor | undefined): T {
  return (indices ? tf.gather(rows, indices as tf.Tensor1D, 1) : rows) as T
}

/** Rows and columns of these patches. @param labels `[batch, tokens, tokens]` */
function pairsOf(labels: tf.Tensor3D, indices: tf.Tensor | undefined): tf.Tensor3D {
  return indices ? (tf.gather(rowsOf(labels, indices), indices as tf.Tensor1D, 2) as tf.Tensor3D) : labels
}

function shiftedFeed(
  { rgb, ir }: PairInput,
  displacement: Displacement,
  sizes: { readonly batch: number; readonly size: number; readonly stride: number; readonly shift: number },
): Record<string, HostArray> {
  const { batch, size, stride, shift } = sizes
  const window = (images: Float32Array, [row, column]: readonly [number, number]) =>
    imageArray(cropImages(images, size + shift * stride, size, [row * stride, column * stride]), batch, size)
  const shared = sharedPatches(displacement, size / stride, shift)
  return {
    rgb: window(rgb, displacement.teacher),
    studentRgb: window(rgb, displacement.student),
    ir: window(ir, displacement.student),
    teacherPatches: shared.teacher,
    studentPatches: shared.student,
  }
}

/**
 * Whether a student can be trained on a teacher's anchors: `pretrainRecipe` asks first of all.
 * @throws ShapeError where their tokens cannot be compared one by one, or a shift leaves none
 */
export function checkPair(
  teacher: BackboneWeights,
  student: BackboneWeights,
  size: number,
  shift: number,
): void {
  const [from, to] = [teacher.config, student.config]
  if (tokenWidth(from) !== tokenWidth(to) || tokenStride(from) !== tokenStride(to))
    throw new ShapeError(
      `pre-training: the student has tokens of width ${tokenWidth(to)} every ${tokenStride(to)} pixels, ` +
        `the teacher of width ${tokenWidth(from)} every ${tokenStride(from)}; they must agree`,
    )
  if (size % tokenStride(from))
    throw new ShapeError(
      `pre-training: image size ${size} is not a multiple of the patch, ${tokenStride(from)}`,
    )
  const side = size / tokenStride(from)
  if (!Number.isInteger(shift) || shift < 0 || shift >= side)
    throw new ShapeError(
      `pre-training: a shift of ${shift} patches; at size ${size}, ${side} patches a side, ` +
        `a whole number from 0 to ${side - 1} is wanted`,
    )
}
