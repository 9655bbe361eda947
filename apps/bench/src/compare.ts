import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { withProgress } from '@univ/command-line'
import { chooseEngine } from '@univ/compile'
import { z } from 'zod'
import { runByTurns, type TurnsOfOne } from './by-turns'
import { median, round } from './measure'
import { type BenchOptions, type TaskOptions, usualSize } from './options'
import { pacedPeer, pacedTask, peerObstacle } from './programs'
import { ratioOf, ratioText } from './ratios'
import { table } from './table'
import { temporaryFolder } from './temporary-folder'

/** A line of the table. */
interface Work {
  readonly name: string
  readonly task: TaskOptions['task']
  readonly batch: number
  readonly full?: boolean
  /** Rough time of a run beside the others', for the time left. */
  readonly weight: number
  /** Too much for a CPU. */
  readonly gpuOnly?: boolean
}

const works: readonly Work[] = [
  { name: 'features, batch 1', task: 'infer', batch: 1, weight: 1 },
  { name: 'features, batch 4', task: 'infer', batch: 4, weight: 2 },
  { name: 'PCCL step, LoRA, 2 pairs', task: 'step', batch: 2, weight: 5 },
  { name: 'PCCL step, LoRA, 32 pairs', task: 'step', batch: 32, weight: 60, gpuOnly: true },
  { name: 'PCCL step, every weight, 2 pairs', task: 'step', batch: 2, full: true, weight: 7 },
  { name: 'UPerNet logits, 1 image', task: 'seg-infer', batch: 1, weight: 8 },
  { name: 'UPerNet step, every weight, 2 images', task: 'seg-step', batch: 2, weight: 60 },
]

const start = z.looseObject({ ready_ms: z.number(), first_step_ms: z.number() })

/** Every work of ours beside the peer's, a run of each by turns; prints a table and keeps the JSON. */
export async function compare(options: BenchOptions): Promise<void> {
  const obstacle = peerObstacle(options)
  if (obstacle) console.log(`without the PyTorch peer: ${obstacle}`)
  const { engine } = chooseEngine(options.engine)
  // The first start of a row fills the cache of compiled graphs, the second starts from it.
  const cache = temporaryFolder('univ-bench-')
  const wanted = works.filter(({ gpuOnly }) => !gpuOnly || engine !== 'cpu')
  const rows = await withProgress('measuring', async (report) => {
    // Of each program a warm-up and its runs, and the second start.
    const turns = (obstacle ? 1 : 2) * (options.runs + 1) + 1
    const total = turns * wanted.reduce((sum, { weight }) => sum + weight, 0)
    let done = 0
    const measured = []
    for (const work of wanted) {
      const onTurn = (what: string) => {
        report(done, total, `${work.name}: ${what}`)
        done += work.weight
      }
      measured.push(await compareOne(work, { ...options, cache }, obstacle ? undefined : engine, onTurn))
    }
    return measured
  })
  const cell = (value: number | undefined) => value?.toFixed(0) ?? '–'
  console.log(
    table([
      [
        options.model,
        'ours ms',
        'peer ms',
        'ratio',
        'ours MB',
        'peer MB',
        'ready ms',
        'warm',
        'first step ms',
        'warm',
      ],
      ...rows.map(({ name, size, ours, peer, ratio, cold, warm }) => [
        `${name}, ${size}²`,
        cell(ours.ms),
        cell(peer?.ms),
        ratio ? ratioText(ratio) : '–',
        cell(ours.result.peak_rss_mb),
        cell(peer?.result.peak_rss_mb),
        cell(cold.ready_ms),
        cell(warm.ready_ms),
        cell(cold.first_step_ms),
        cell(warm.first_step_ms),
      ]),
    ]),
  )
  const folder = 'bench/results'
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${options.model}-${engine}-${stamp()}.json`)
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGb: round(totalmem() / 2 ** 30, 1) }
  const { model, style = 'best', runs, precision } = options
  const note = obstacle ? { withoutPeer: obstacle } : {}
  writeFileSync(
    file,
    `${JSON.stringify({ machine, model, style, precision, runs, ...note, rows }, null, 2)}\n`,
  )
  console.log(`kept in ${file}`)
}

/** @param besideOn The engine beside which the peer runs; without it ours runs alone */
async function compareOne(
  work: Work,
  given: BenchOptions,
  besideOn: string | undefined,
  onTurn: (what: string) => void,
) {
  const { name, task, batch, full = false } = work
  const options: TaskOptions = { ...given, task, batch, full, size: given.size ?? usualSize(task) }
  const programs = [pacedTask(options, 'ours'), ...(besideOn ? [pacedPeer(options, besideOn)] : [])]
  const [mine, peer] = await runByTurns(programs, options.runs, onTurn)
  const again = pacedTask({ ...options, runs: 1, 'warm-ups': 1 }, 'second start')
  const [second] = await runByTurns([again], 1, (what, warming) => warming && onTurn(what))
  const timed = (turns: TurnsOfOne) => ({ ...turns, ms: round(median(turns.times), 2) })
  return {
    name,
    task,
    batch,
    full,
    size: options.size,
    cold: start.parse(mine!.result),
    warm: start.parse(second!.result),
    ours: timed(mine!),
    peer: peer && timed(peer),
    ratio: peer && ratioOf(mine!, peer),
  }
}

const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(':', '')
