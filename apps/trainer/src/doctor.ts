import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import {
  chooseEngine,
  cudaObstacle,
  runtimeVersion,
  type TrainingPrecision,
  webgpuObstacle,
} from '@univ/compile'
import { z } from 'zod'
import type { Trial } from './try-engine'

/** How one engine fared. */
export interface EngineFinding {
  readonly engine: string
  /** Works, gives other numbers than the CPU, or does not run. */
  readonly state: 'works' | 'differs' | 'missing'
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}

/** This machine as UNIV sees it. */
export interface Diagnosis {
  readonly node: string
  readonly onnxRuntime: string
  readonly platform: string
  readonly cpu: string
  readonly threads: number
  readonly memoryGb: number
  readonly freeGb: number
  readonly gpus: readonly string[]
  readonly engines: readonly EngineFinding[]
  /** What `auto` takes. */
  readonly auto: string
}

const engines = ['cpu', 'webgpu', 'cuda', 'tfjs:tensorflow'] as const
type TriedEngine = (typeof engines)[number]

/** Half precisions that are made for an engine. */
const halves: Readonly<Partial<Record<TriedEngine, readonly TrainingPrecision[]>>> = {
  webgpu: ['float16'],
  cuda: ['float16', 'bfloat16'],
}

const advice: Readonly<Record<TriedEngine, string>> = {
  cpu: 'install again with `npm run setup`; the engine comes with the npm package onnxruntime-node',
  webgpu:
    'a GPU with a Vulkan driver is needed (Linux: libvulkan1 and the vendor’s or Mesa’s Vulkan driver, and your user in ' +
    'the group render); to try a software adapter, point VK_ICD_FILENAMES at its ICD file',
  cuda:
    'an NVIDIA GPU on Linux x64 is needed, with CUDA 12 and cuDNN 9, and ONNX Runtime’s CUDA libraries: ' +
    '`npm rebuild onnxruntime-node --ignore-scripts=false`; webgpu needs none of these',
  'tfjs:tensorflow':
    'only for comparison: `npm install @tensorflow/tfjs-node --ignore-scripts=false` (or tfjs-node-gpu)',
}

const trial = z.object({ engine: z.string(), loss: z.number(), gradNorm: z.number() })

type TryIn = (engine: TriedEngine, precision: TrainingPrecision) => Trial | string

/** Looks at the machine and tries every engine with a small training step, each in a process of its own. */
export function diagnose(tryIn: TryIn = tryInProcess): Diagnosis {
  const reference = tryIn('cpu', 'float32')
  const gb = (bytes: number) => Number((bytes / 2 ** 30).toFixed(1))
  return {
    node: process.versions.node,
    onnxRuntime: runtimeVersion(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryGb: gb(totalmem()),
    freeGb: gb(freemem()),
    gpus: graphicsDevices(),
    engines: engines.map((engine) => {
      const found = judge(engine, engine === 'cpu' ? reference : tryIn(engine, 'float32'), reference)
      if (found.state !== 'works' || typeof reference === 'string') return found
      return (halves[engine] ?? []).reduce(
        (told, half) => withHalf(told, half, tryIn(engine, half), reference),
        found,
      )
    }),
    auto: chooseEngine('auto').engine,
  }
}

function judge(engine: TriedEngine, result: Trial | string, reference: Trial | string): EngineFinding {
  if (typeof result === 'string') {
    const expected = { webgpu: webgpuObstacle, cuda: cudaObstacle }[engine as 'webgpu' | 'cuda']?.()
    return { engine, state: 'missing', detail: expected ?? result, advice: advice[engine] }
  }
  if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradNorm))
    return { engine, state: 'differs', detail: `the step's loss is ${result.loss}`, advice: driverAdvice }
  const apart =
    typeof reference === 'string' ? 0 : Math.abs(result.loss - reference.loss) / Math.abs(reference.loss)
  const detail = `one LoRA step: loss ${result.loss.toFixed(5)}, largest gradient ${result.gradNorm.toFixed(5)}`
  return apart < 1e-3
    ? { engine, state: 'works', detail }
    : { engine, state: 'differs', detail: `${detail}; the CPU has other numbers`, advice: driverAdvice }
}

/** Adds how the engine fares in half precision (`--precision float16`, `bfloat16`). */
function withHalf(
  found: EngineFinding,
  half: TrainingPrecision,
  result: Trial | string,
  reference: Trial,
): EngineFinding {
  const add = (said: string) => ({ ...found, detail: `${found.detail}; ${said}` })
  if (typeof result === 'string') return add(`${half} does not run (${result})`)
  const apart = Math.abs(result.loss - reference.loss) / Math.abs(reference.loss)
  return add(apart < 2e-2 ? `${half} works` : `${half} gives other numbers (loss ${result.loss})`)
}

const driverAdvice = 'its numbers cannot be trusted: update the driver, or train on another engine'

/** A crash of a driver ends the child, not the doctor. @returns the trial, or what went wrong */
function tryInProcess(engine: TriedEngine, precision: TrainingPrecision): Trial | string {
  const trialWords = ['doctor', '--try', engine, '--precision', precision]
  const words = [...process.execArgv, process.argv[1]!, ...trialWords]
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status !== 0) {
    const said = (stderr.trim().split('\n').at(-1) ?? '').replace(/^univ-train: /, '')
    return signal ? `the trial ended by ${signal}` : said || `the trial ended with status ${status}`
  }
  return trial.parse(JSON.parse(stdout.trim().split('\n').at(-1)!))
}

/** NVIDIA's devices by name, others by their render node and vendor. */
function graphicsDevices(): string[] {
  const nvidia = '/proc/driver/nvidia/gpus'
  const named = existsSync(nvidia)
    ? readdirSync(nvidia).map((bus) => {
        const text = readFileSync(`${nvidia}/${bus}/information`, 'utf8')
        return /^Model:\s*(.+)$/m.exec(text)?.[1] ?? `NVIDIA ${bus}`
      })
    : []
  const drm = '/sys/class/drm'
  const nodes = existsSync(drm) ? readdirSync(drm).filter((name) => name.startsWith('renderD')) : []
  const rendered = nodes.map((name) => {
    const file = `${drm}/${name}/device/vendor`
    return `${name} (vendor ${existsSync(file) ? readFileSync(file, 'utf8').trim() : 'unknown'})`
  })
  return [...named, ...rendered]
}

/** The diagnosis in words. */
export function describeDiagnosis(found: Diagnosis): string {
  const mark = { works: 'ok', differs: '??', missing: '--' } as const
  return [
    `Node ${found.node}, ONNX Runtime ${found.onnxRuntime}, ${found.platform}`,
    `${found.cpu}, ${found.threads} threads, ${found.memoryGb} GB of memory (${found.freeGb} GB free)`,
    `graphics: ${found.gpus.join(', ') || 'no device'}`,
    ...found.engines.flatMap(({ engine, state, detail, advice: todo }) => [
      `${mark[state]} ${engine}: ${detail}`,
      ...(todo ? [`   ${todo}`] : []),
    ]),
    `engine auto takes ${found.auto}`,
  ].join('\n')
}
