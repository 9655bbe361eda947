import { withProgress } from '@univ/command-line'
import { chooseEngine } from '@univ/compile'
import { runByTurns, type TurnsOfOne } from './by-turns'
import { median } from './measure'
import { peerWord, type TaskOptions, variant } from './options'
import { pacedPeer, pacedTask, peerObstacle } from './programs'
import { ratioOf, ratioText } from './ratios'
import { table } from './table'

/**
 * The task beside others, a run of each by turns; prints a table.
 * @throws Error where the peer is asked for and cannot run here
 */
export async function measureBeside(options: TaskOptions, others: readonly string[]) {
  const { engine } = chooseEngine(options.engine)
  const programs = others.map((what) => {
    if (what !== peerWord) return pacedTask(variant(options, what), what)
    const obstacle = peerObstacle(options)
    if (obstacle) throw new Error(`--beside peer: ${obstacle}`)
    return pacedPeer(options, engine)
  })
  const mine = pacedTask(options, 'ours')
  let turn = 0
  const turns = await withProgress('measuring', (report) => {
    const total = (options.runs + 1) * (programs.length + 1)
    return runByTurns([mine, ...programs], options.runs, (what) => report(turn++, total, what))
  })
  const [first, ...rest] = turns.map((one) => ({ ...one, ms: median(one.times) }))
  const beside = rest.map((one) => ({ ...one, ...ratioOf(first!, one) }))
  const cells = ({ name, ms, result }: TurnsOfOne & { readonly ms: number }) => [
    name,
    ms.toFixed(ms < 100 ? 1 : 0),
    result.peak_rss_mb.toFixed(0),
  ]
  console.log(
    table([
      ['a run of each by turns', 'ms', 'MB', 'ours / this'],
      [...cells(first!), ''],
      ...beside.map((one) => [...cells(one), ratioText(one)]),
    ]),
  )
  return { ...first!.result, times: first!.times, beside }
}
