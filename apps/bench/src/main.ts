import { readFileSync, writeFileSync } from 'node:fs'
import { command, runCommand } from '@univ/command-line'
import { countWork } from '@univ/compile'
import { measureBeside } from './beside'
import { grownWork } from './check-counts'
import { compare } from './compare'
import { measure } from './measure'
import { type BenchOptions, benchFlags, consistentOptions, type TaskOptions } from './options'
import { ownPace, paceOfStandardInput } from './pace'
import { withProfile } from './profile'
import { table } from './table'
import { compileOptions, drawTask } from './tasks'

async function main(given: BenchOptions): Promise<void> {
  const options = consistentOptions(given)
  if (!isTask(options)) return compare(options)
  if (options.count) return count(options)
  if (options.beside) return report(await measureBeside(options, options.beside), options)
  const pace = options.paced ? paceOfStandardInput() : ownPace
  if (!options.profile) return report(await measure(options, { pace }), options)
  const { result, ops } = await withProfile((profile) => measure(options, { profile }))
  console.log(
    table([
      ['operator', 'calls', 'ms', 'share'],
      ...ops.map(({ op, calls, ms, share }) => [
        op,
        `${calls}`,
        ms.toFixed(1),
        `${(share * 100).toFixed(1)} %`,
      ]),
    ]),
  )
  report({ ...result, ops }, options)
}

const isTask = (options: BenchOptions): options is TaskOptions => options.task !== undefined

async function count(options: TaskOptions): Promise<void> {
  // Before the count: a file that is not there is told at once.
  const kept = options.check === undefined ? undefined : readKept(options.check)
  const program = await drawTask(options).compile(compileOptions(options))
  const work = countWork(await program.graph())
  await program.dispose()
  const mega = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  console.log(
    table([
      ['operator', 'nodes', 'GFLOP', 'MB read and written'],
      ...Object.entries(work.byOp).map(([op, { nodes, flops, bytes }]) => [
        op,
        `${nodes}`,
        (flops / 1e9).toFixed(3),
        mega(bytes),
      ]),
    ]),
  )
  console.log(
    `${work.nodes} nodes, ${(work.flops / 1e9).toFixed(2)} GFLOP, constants ${mega(work.constantBytes)} MB, ` +
      `intermediate ${mega(work.intermediateBytes)} MB, at most ${mega(work.peakBytes)} MB alive, state ${mega(work.stateBytes)} MB`,
  )
  report(work, options)
  if (kept === undefined) return
  const grown = grownWork(work, kept)
  if (grown.length > 0) throw new Error(`more work than ${options.check} keeps:\n${grown.join('\n')}`)
  console.error(`no more work than ${options.check} keeps`)
}

/** @throws Error naming a file that cannot be read. */
function readKept(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`--check ${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function report(result: object, { json }: TaskOptions): void {
  if (json === undefined || json === '-') console.log(JSON.stringify(result))
  else writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`)
}

await runCommand(
  command({
    name: 'bench',
    description: 'time, memory and counted work, beside PyTorch where that is at hand',
    flags: benchFlags,
    run: main,
  }),
)
