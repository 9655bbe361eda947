import { parseArgs } from 'node:util'
import type { EngineName, PassName } from '@univ/compile'
import { passes } from '@univ/compile'
import { z } from 'zod'

export const help = `npm run bench -- [options]

Without --task: ours and the PyTorch peer by turns, one table, JSON under bench/results/.
With --task: one measurement; the last line with --json - is JSON.

  --task infer|step|seg-infer|seg-step
                        images to tokens and attention; one PCCL pre-training step; images to UPerNet's logits; one
                        step of UPerNet and its encoder (at least 2 images)
  --model NAME          tiny, small, base, or trial, which the peer does not have (base)
  --batch N             images, or pairs of a step (2)
  --size S              image side in pixels, a multiple of 16 (224; segmentation 512)
  --full                train every weight instead of LoRA
  --engine NAME         auto, cpu, webgpu, cuda or tfjs:<backend> (auto)
  --threads N           threads of one operator (the machine's cores)
  --runs N              measured runs after two for warming up (5)
  --cache DIR           keep optimised graphs there and start from them (the variable UNIV_CACHE)
  --recompute           of steps: compute activations again instead of keeping them
  --precision int8      inference in 8 bits, on the engine cpu (float32)
  --without A,B         graph passes to leave out: ${Object.keys(passes).join(', ')}
  --json FILE           write the result; - prints it as the last line
  --profile             time by operator, from ONNX Runtime's profile
  --count               counted work instead of time; needs no run
  --check FILE          with --count: compare with a kept file, fail where work grew by over 1 %
Without --task:
  --peer FILE           peer.py (../shared/bench/peer.py)
  --python COMMAND      a Python with torch (python3)
  --style eager|best    how the peer computes attention (best)
  --rounds N            turns of ours and peer (3)
`

const whole = z.coerce.number('a whole number is wanted').int().min(1)

const passNames = Object.keys(passes) as [PassName, ...PassName[]]

const schema = z.strictObject({
  help: z.boolean().default(false),
  task: z.enum(['infer', 'step', 'seg-infer', 'seg-step']).optional(),
  model: z.enum(['tiny', 'small', 'base', 'trial']).default('base'),
  batch: whole.default(2),
  size: whole.refine((size) => size % 16 === 0, 'a multiple of 16 is wanted').optional(),
  full: z.boolean().default(false),
  engine: z
    .string()
    .regex(/^(auto|cpu|webgpu|cuda|tfjs:\w+)$/, 'auto, cpu, webgpu, cuda or tfjs:<backend> is wanted')
    .default('auto'),
  threads: whole.optional(),
  runs: whole.default(5),
  recompute: z.boolean().default(false),
  precision: z.enum(['float32', 'int8']).default('float32'),
  cache: z.string().min(1).optional(),
  without: z
    .string()
    .transform((text) => text.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(passNames)))
    .default([]),
  json: z.string().min(1).optional(),
  profile: z.boolean().default(false),
  count: z.boolean().default(false),
  check: z.string().min(1).optional(),
  peer: z.string().min(1).default('../shared/bench/peer.py'),
  python: z.string().min(1).default('python3'),
  style: z.enum(['eager', 'best']).default('best'),
  rounds: whole.default(3),
})

/** What to measure, and how. */
export type BenchOptions = Omit<z.infer<typeof schema>, 'engine'> & { readonly engine: EngineName }

/** One measurement's options. */
export type TaskOptions = BenchOptions & {
  readonly task: NonNullable<BenchOptions['task']>
  readonly size: number
}

/** Image side of a task where none is given. */
export const usualSize = (task: TaskOptions['task']): number => (task.startsWith('seg') ? 512 : 224)

/** @throws Error naming the option and what is wanted */
export function readOptions(words: readonly string[]): BenchOptions {
  const flags = ['help', 'full', 'profile', 'count', 'recompute']
  const { values } = parseArgs({
    args: [...words],
    strict: true,
    allowPositionals: false,
    options: Object.fromEntries(
      Object.keys(schema.shape).map((name) => [
        name,
        { type: flags.includes(name) ? 'boolean' : 'string' } as const,
      ]),
    ),
  })
  const parsed = schema.safeParse(values)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const name = String(issue!.path[0])
    throw new Error(`--${name} ${String((values as Record<string, unknown>)[name])}: ${issue!.message}`)
  }
  const options = parsed.data as BenchOptions
  if (options.check && !options.count) throw new Error('--check compares counted work: give --count too')
  if (options.count && !options.task) throw new Error('--count needs --task')
  if (options.profile && !options.task) throw new Error('--profile needs --task')
  if (options.recompute && !options.task?.endsWith('step'))
    throw new Error('--recompute is of --task step and seg-step')
  if (options.precision === 'int8' && !options.task?.endsWith('infer'))
    throw new Error('--precision int8 is of --task infer and seg-infer')
  if (options.full && options.task && options.task !== 'step') throw new Error('--full is of --task step')
  if (options.task === 'seg-step' && options.batch < 2)
    throw new Error(
      `--batch ${options.batch}: seg-step needs 2 images, because a batch norm sees one pixel of each`,
    )
  return { ...options, size: options.size ?? (options.task && usualSize(options.task)) }
}
