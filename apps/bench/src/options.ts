import { accessSync, constants, existsSync, statSync } from 'node:fs'
import {
  accepted,
  type FlagKind,
  type FlagValues,
  flag,
  listOf,
  oneOf,
  outputFile,
  readFlags,
  several,
  text,
  toggle,
  wholeNumber,
  wrongValue,
} from '@univ/command-line'
import type { TrainingPrecision } from '@univ/compile'
import { engineNames, isEngineName, passNames, trainingPrecisions } from '@univ/compile'

/** A side that divides into patches. */
const side: FlagKind<number> = (given, name) => {
  const pixels = wholeNumber(16, 8192)(given, name)
  if (pixels % 16 !== 0) throw wrongValue(name, given, 'a multiple of 16')
  return pixels
}

/** What is there, `/dev/null` too, is written into, not replaced. */
const resultFile: FlagKind<string> = (given, name) => {
  if (given === '-') return given
  if (!existsSync(given) || statSync(given).isDirectory()) return outputFile(given, name)
  try {
    accessSync(given, constants.W_OK)
  } catch (error) {
    throw new Error(`--${name} ${given}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  return given
}

export const benchFlags = {
  task: flag(oneOf(['infer', 'step', 'seg-infer', 'seg-step']), {
    description:
      'infer: images to tokens and attention; step: one PCCL pre-training step; seg-infer: images to UPerNet’s logits; seg-step: one step of UPerNet and its encoder (at least 2 images). Without it: all beside the PyTorch peer',
    valueHint: 'infer|step|seg-infer|seg-step',
  }),
  model: flag(oneOf(['tiny', 'small', 'base', 'trial']), {
    default: 'base',
    description: 'tiny, small, base, or trial, which the peer does not have',
    valueHint: 'NAME',
  }),
  batch: flag(wholeNumber(), { description: 'images, or pairs of a step; default: 2', valueHint: 'N' }),
  size: flag(side, {
    description: 'image side in pixels, a multiple of 16; default: 224, segmentation 512',
    valueHint: 'S',
  }),
  full: toggle({ default: false, description: 'train every weight instead of LoRA' }),
  engine: flag(accepted(isEngineName, engineNames), {
    default: 'auto',
    description: engineNames,
    valueHint: 'NAME',
  }),
  threads: flag(wholeNumber(1, 256), {
    description: 'threads of one operator; default: the machine’s cores',
    valueHint: 'N',
  }),
  runs: flag(wholeNumber(), {
    default: '5',
    description: 'measured runs; beside another program, of each of them by turns',
    valueHint: 'N',
  }),
  // The first three touch memory for the first time: new state beside the old, until Node’s collector frees that.
  'warm-ups': flag(wholeNumber(), {
    default: '4',
    description: 'runs before the measured ones (the peer’s: two)',
    valueHint: 'N',
  }),
  cache: flag(text, {
    description: 'keep optimised graphs there and start from them; default: the variable UNIV_CACHE',
    valueHint: 'DIR',
  }),
  recompute: toggle({
    default: false,
    description: 'of steps: compute activations again instead of keeping them',
  }),
  precision: flag(oneOf([...trainingPrecisions, 'int8']), {
    default: 'float32',
    description:
      'float16: mixed precision, for GPU engines (the CPU only imitates it); bfloat16: the same for CUDA; int8: inference in 8 bits, on the engine cpu',
  }),
  without: flag(listOf(oneOf(passNames), { mayBeEmpty: true }), {
    default: '',
    description: `graph passes to leave out: ${passNames.join(', ')}`,
    valueHint: 'A,B',
  }),
  json: flag(resultFile, {
    description: 'with --task: write the result; - prints it as the last line',
    valueHint: 'FILE',
  }),
  profile: toggle({ default: false, description: 'time by operator, from ONNX Runtime’s profile' }),
  count: toggle({ default: false, description: 'counted work instead of time; needs no run' }),
  check: flag(text, {
    description: 'with --count: compare with a kept file, fail where work grew by over 1 %',
    valueHint: 'FILE',
  }),
  beside: several(text, {
    description:
      'with --task: a run of each by turns, all alive at once. peer is the PyTorch peer; anything else are flags of ours without their dashes, as in --beside peer without=tileBatch "threads=1 recompute"',
    valueHint: 'WHAT',
  }),
  peer: flag(text, { description: 'peer.py; default: ../shared/bench/peer.py', valueHint: 'FILE' }),
  python: flag(text, {
    description: 'a Python with torch, for the peer; default: python3',
    valueHint: 'COMMAND',
  }),
  style: flag(oneOf(['eager', 'best']), {
    description: 'how the peer computes attention, eager or best; default: best',
  }),
  paced: toggle({
    default: false,
    description:
      'with --task: each measured run waits for a line on standard input; how another program takes its turn',
  }),
}

/** What to measure, and how. */
export type BenchOptions = FlagValues<typeof benchFlags>

/** The word of --beside for the PyTorch peer. */
export const peerWord = 'peer'

/** One measurement's options. */
export type TaskOptions = BenchOptions & {
  readonly task: NonNullable<BenchOptions['task']>
  readonly size: number
  readonly batch: number
}

/** Steps have no 8 bits; the options have been checked. */
export const trainingPrecision = (precision: TaskOptions['precision']): TrainingPrecision =>
  precision === 'int8' ? 'float32' : precision

/** Image side of a task where none is given. */
export const usualSize = (task: TaskOptions['task']): number => (task.startsWith('seg') ? 512 : 224)

/** Flags that fit together, with the task's image side. @throws Error naming the flag that would be passed over */
export function consistentOptions(options: BenchOptions): BenchOptions {
  const { task, batch = 2 } = options
  if (options.check && !options.count) throw new Error('--check compares counted work: give --count too')
  if (options.count && !task) throw new Error('--count needs --task')
  if (options.json && !task) throw new Error('--json needs --task: the table is kept in bench/results')
  for (const name of ['peer', 'python', 'style'] as const)
    if (task && options[name] !== undefined && !options.beside?.includes(peerWord))
      throw new Error(`--${name} is of the PyTorch peer: give --beside peer too, or no --task`)
  for (const name of ['beside', 'paced', 'profile', 'batch', 'full', 'cache'] as const)
    if (options[name] && !task) throw new Error(`--${name} needs --task`)
  for (const name of ['count', 'profile', 'paced'] as const)
    if (options.beside && options[name]) throw new Error(`--${name} is of one program, without --beside`)
  if (options.recompute && !task?.endsWith('step'))
    throw new Error('--recompute is of --task step and seg-step')
  if (options.precision === 'int8' && !task?.endsWith('infer'))
    throw new Error('--precision int8 is of --task infer and seg-infer')
  if (options.full && task && task !== 'step') throw new Error('--full is of --task step')
  if (task === 'seg-step' && batch < 2)
    throw new Error(`--batch ${batch}: seg-step needs 2 images, because a batch norm sees one pixel of each`)
  return task ? { ...options, batch, size: options.size ?? usualSize(task) } : options
}

const passedOn = [
  'task',
  'model',
  'batch',
  'size',
  'engine',
  'threads',
  'precision',
  'warm-ups',
  'cache',
] as const
const passedToggles = ['full', 'recompute'] as const

/** The command line, after the program's own name, that gives these options again in another process. */
export function wordsOf(options: TaskOptions): string[] {
  return [
    ...[...passedOn, 'runs' as const].flatMap((name) =>
      options[name] === undefined ? [] : [`--${name}`, `${options[name]}`],
    ),
    ...passedToggles.filter((name) => options[name]).map((name) => `--${name}`),
    ...(options.without.length > 0 ? ['--without', options.without.join(',')] : []),
  ]
}

/**
 * The options of a task with some flags given otherwise.
 * @param flags Without dashes: `threads=1 recompute`
 * @throws Error naming the flag that is wrong, or that all programs have alike
 */
export function variant(options: TaskOptions, flags: string): TaskOptions {
  const able = [...passedOn, ...passedToggles, 'without'] as readonly string[]
  const changed = flags.trim().split(/\s+/)
  for (const word of changed) {
    const name = word.split('=')[0]!.replace(/^no-/, '')
    if (!able.includes(name))
      throw new Error(
        `--beside '${flags}': ${name} is not peer, and no flag that may differ; those are ${able.join(', ')}`,
      )
  }
  const words = changed.map((word) => `--${word}`)
  return consistentOptions(readFlags(benchFlags, [...wordsOf(options), ...words]).values) as TaskOptions
}
