import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withProgress } from '@univ/command-line'
import { chooseEngine } from '@univ/compile'
import { z } from 'zod'
import { median, round } from './measure'
import { type TableOptions, type TaskOptions, usualSize } from './options'
import { lastLine, type PeerResult, peerObstacle, runPeer } from './peer'
import { table } from './table'

/** A line of the table. */
interface Work {
  readonly name: string
  readonly task: TaskOptions['task']
  readonly batch: number
  readonly full?: boolean
  /** Rough time of a turn beside the others', for the time left. */
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

const ours = z.looseObject({
  ms: z.number(),
  per_second: z.number(),
  peak_rss_mb: z.number(),
  ready_ms: z.number(),
  first_step_ms: z.number(),
  engine: z.string(),
})

/** Ours and the peer by turns, each measurement in a process of its own; prints a table and keeps the JSON. */
export async function compare(options: TableOptions): Promise<void> {
  const obstacle = peerObstacle(options.peer, options.python)
  if (obstacle) console.log(`without the PyTorch peer: ${obstacle}`)
  // The first turn of a row fills the cache of compiled graphs, the others start from it.
  const cache = mkdtempSync(join(tmpdir(), 'univ-bench-'))
  const onCpu = chooseEngine(options.engine).engine === 'cpu'
  const wanted = works.filter(({ gpuOnly }) => !gpuOnly || !onCpu)
  const rows = await withProgress('measuring', async (report) => {
    const total = options.rounds * wanted.reduce((sum, { weight }) => sum + weight, 0)
    let done = 0
    return wanted.map((work) => {
      const onTurn = () => {
        report(done, total, work.name)
        done += work.weight
      }
      return compareOne(work, options, { withPeer: obstacle === undefined, cache, onTurn })
    })
  })
  rmSync(cache, { recursive: true, force: true })
  const cell = (value: number | undefined, digits = 0) => (value === undefined ? '–' : value.toFixed(digits))
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
      ...rows.map((row) => [
        `${row.name}, ${row.size}²`,
        cell(row.ours.ms),
        cell(row.peer?.ms),
        cell(row.ratio, 2),
        cell(row.ours.peak_rss_mb),
        cell(row.peer?.peak_rss_mb),
        cell(row.cold.ready_ms),
        cell(row.warm?.ready_ms),
        cell(row.cold.first_step_ms),
        cell(row.warm?.first_step_ms),
      ]),
    ]),
  )
  const folder = 'bench/results'
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${options.model}-${rows[0]!.ours.engine}-${stamp()}.json`)
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGb: round(totalmem() / 2 ** 30, 1) }
  const { model, style, runs, rounds, precision } = options
  const note = obstacle ? { withoutPeer: obstacle } : {}
  writeFileSync(
    file,
    `${JSON.stringify({ machine, model, style, precision, runs, rounds, ...note, rows }, null, 2)}\n`,
  )
  console.log(`kept in ${file}`)
}

function compareOne(
  work: Work,
  options: TableOptions,
  more: { readonly withPeer: boolean; readonly cache: string; readonly onTurn: () => void },
) {
  const { withPeer, cache, onTurn } = more
  const size = options.size ?? usualSize(work.task)
  const common = [
    ...['--model', options.model, '--batch', `${work.batch}`, '--size', `${size}`],
    ...['--runs', `${options.runs}`, ...(work.full ? ['--full'] : [])],
    ...(options.threads ? ['--threads', `${options.threads}`] : []),
  ]
  const self = [...process.execArgv, fileURLToPath(import.meta.url)]
  const ourWords = [
    ...self,
    '--task',
    work.task,
    '--engine',
    options.engine,
    '--precision',
    options.precision,
    '--json',
    '-',
    '--cache',
    cache,
    ...common,
  ]
  if (options.without.length > 0) ourWords.push('--without', options.without.join(','))
  const turns: { ours: z.infer<typeof ours>; peer?: PeerResult }[] = []
  for (let i = 0; i < options.rounds; i++) {
    onTurn()
    const mine = lastLine(process.execPath, ourWords, ours)
    const device = mine.engine === 'cpu' || mine.engine === 'tfjs:cpu' ? 'cpu' : 'cuda'
    const peerWords = [work.task, ...common, '--style', options.style]
    peerWords.push('--device', device, '--dtype', options.precision)
    turns.push({
      ours: mine,
      peer: withPeer ? runPeer(options.python, options.peer, peerWords) : undefined,
    })
  }
  const mine = middle(turns.map((turn) => turn.ours))
  const peer = withPeer ? middle(turns.map((turn) => turn.peer!)) : undefined
  const [cold, ...warm] = turns.map((turn) => turn.ours)
  const { weight: _, ...described } = work
  return {
    ...described,
    size,
    cold: cold!,
    warm: warm.at(-1),
    ours: mine,
    peer,
    ratio: peer && round(mine.ms / peer.ms, 3),
    turns,
  }
}

/** The turn with the median time. */
function middle<T extends { readonly ms: number }>(turns: readonly T[]): T {
  const ms = median(turns.map((turn) => turn.ms))
  return turns.find((turn) => turn.ms === ms)!
}

const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(':', '')
