import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { durationText } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import { writeSyntheticPairs } from '@univ/mvip'
import { pretrainSchema } from './config/pretrain-schema'
import { teacherSchema } from './config/teacher-schema'
import { pretrain } from './pretrain'
import { exitCodeOf } from './supervised-run'
import { teachWithLabels } from './teacher'
import { univEval } from './univ-eval'

export interface DemoOptions {
  readonly out: string
  /** At least 16. */
  readonly pairs: number
  readonly engine: EngineName
}

/** Held-out pairs for the figures. */
const heldOut = 24
const size = 160

/** Synthetic pairs → a teacher from their labels → PCCL → the alignment report. */
export async function demo({ out, pairs, engine }: DemoOptions): Promise<void> {
  const started = performance.now()
  const at = (...names: string[]) => join(out, ...names)
  emptyDemoFolder(out)

  heading(`1/4  drawing ${pairs} + ${heldOut} synthetic pairs`)
  await writeSyntheticPairs(at('data', 'train'), { pairs, size })
  await writeSyntheticPairs(at('data', 'val'), { pairs: heldOut, size, first: pairs })

  heading('2/4  teaching an RGB encoder the classes of patches')
  const teacherConfig = teacherSchema.parse({
    engine,
    model: 'mcmae/tiny',
    data: { size, augment: { crop: [0.7, 1] } },
    train: { epochs: 12, batch: 8, lr: 2e-3, warmupEpochs: 1 },
  })
  const taught = await teachWithLabels(teacherConfig, at('data'), { out: at('teacher') })
  if (!taught.finished) return leave(taught.signal)

  heading('3/4  pre-training on the pairs: LoRA, labels from features, fitted logits, displaced views')
  const pretrainConfig = pretrainSchema.parse({
    engine,
    data: { roots: [{ path: at('data', 'train') }], size, shift: 4 },
    teacher: { checkpoint: taught.backbone },
    labels: { source: 'features' },
    logits: { kind: 'fitted' },
    train: { epochs: 10, batch: 4, lr: 3e-3, warmupEpochs: 0.5 },
  })
  const trained = await pretrain(pretrainConfig, { out: at('pretrain') })
  if (!trained.finished) return leave(trained.signal)

  heading(`4/4  measuring the alignment on ${heldOut} held-out pairs`)
  align(trained.backbone, taught.backbone, at('data', 'val'), at('align.json'), at('report.html'))
  console.log(`\nfinished in ${durationText((performance.now() - started) / 1000)}`)
  console.log(`report: ${at('report.html')}`)
}

/** @throws Error where the folder holds anything that a demo did not write: it is then somebody's. */
function emptyDemoFolder(out: string): void {
  if (!existsSync(out)) return
  const written = ['data', 'teacher', 'pretrain', 'align.json', 'report.html']
  const foreign = readdirSync(out).filter((name) => !written.includes(name))
  if (foreign.length > 0)
    throw new Error(
      `demo: ${out} holds ${foreign.slice(0, 3).join(', ')}, which no demo wrote; choose another --out`,
    )
  for (const name of written) rmSync(join(out, name), { recursive: true, force: true })
}

function heading(text: string): void {
  console.log(`\n== ${text}`)
}

function align(checkpoint: string, teacher: string, data: string, json: string, report: string): void {
  univEval([
    'align',
    '--checkpoint',
    checkpoint,
    '--teacher',
    teacher,
    '--data',
    data,
    '--labels',
    join(data, 'labels'),
    '--size',
    `${size}`,
    '--json',
    json,
    '--report',
    report,
  ])
}

function leave(signal: string | undefined): void {
  console.log('demo: stopped')
  process.exitCode = exitCodeOf(signal)
}
