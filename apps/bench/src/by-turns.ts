import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { type MeasuredResult, measuredResult } from './measure'

/** A command that runs at the pace of its standard input (`pace.ts`), and prints JSON in the end. */
export interface PacedProgram {
  readonly name: string
  readonly command: string
  readonly words: readonly string[]
}

/** What one program measured. */
export interface TurnsOfOne {
  readonly name: string
  /** Milliseconds of each run, in order. */
  readonly times: readonly number[]
  /** The program's own JSON. */
  readonly result: MeasuredResult
}

/** Milliseconds in which a program's idle threads go to sleep. */
const rest = 200

/**
 * Starts the programs one after another, so that each warms up alone, then gives each a run by turns: what slows the machine for a
 * second slows neighbours alike, and the ratio of two runs side by side says more than that of two medians.
 * @param onTurn told before each program warms up, and before each run
 * @throws Error with a program's own words where it fails; the others are ended
 */
export async function runByTurns(
  programs: readonly PacedProgram[],
  runs: number,
  onTurn: (name: string, warmingUp: boolean) => void = () => {},
): Promise<TurnsOfOne[]> {
  const started: Started[] = []
  try {
    for (const program of programs) {
      onTurn(program.name, true)
      started.push(start(program))
      if ((await started.at(-1)!.answer()) !== 'warm') throw new Error(`${program.name} did not warm up`)
    }
    const times = programs.map((): number[] => [])
    for (let run = 0; run < runs; run++)
      for (const [i, program] of started.entries()) {
        onTurn(programs[i]!.name, false)
        await pause(rest)
        program.child.stdin.write('\n')
        times[i]!.push(Number(await program.answer()))
      }
    for (const { child } of started) child.stdin.end()
    const results = await Promise.all(started.map(({ result }) => result))
    return programs.map(({ name }, i) => ({ name, times: times[i]!, result: results[i]! }))
  } finally {
    for (const { child } of started) child.kill()
  }
}

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  /** The next word that the program says about its pace. */
  answer(): Promise<string>
  /** Its last line, when it has ended. */
  readonly result: Promise<MeasuredResult>
}

function start({ command, words }: PacedProgram): Started {
  const child = spawn(command, words)
  // A program that has ended cannot be written to: its end says why.
  child.stdin.on('error', () => {})
  let [complaints, last] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      if (status === 0) resolve()
      else
        reject(
          new Error(`${command} ${words.join(' ')} ended with ${signal ?? status}:\n${complaints.trim()}`),
        )
    })
  })
  const [answers, waiting]: [string[], ((answer: string) => void)[]] = [[], []]
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line
    const answer = /^paced (\S+)$/.exec(line)?.[1]
    if (answer === undefined) return
    const waits = waiting.shift()
    if (waits) waits(answer)
    else answers.push(answer)
  })
  const early = ended.then(() => {
    throw new Error(`${command} ${words.join(' ')} ended before its last run`)
  })
  const result = ended.then(() => readResult(last, `${command} ${words.join(' ')}`))
  // Whoever waits for the program hears of it; nobody may be waiting when it fails.
  for (const promise of [early, result]) promise.catch(() => {})
  const answer = async () => answers.shift() ?? new Promise<string>((resolve) => waiting.push(resolve))
  return { child, result, answer: () => Promise.race([answer(), early]) }
}

/** @throws Error naming the command whose last line is something else */
function readResult(line: string, command: string): MeasuredResult {
  try {
    return measuredResult.parse(JSON.parse(line))
  } catch {
    throw new Error(`${command} ended with '${line.slice(0, 200)}', where its JSON is wanted`)
  }
}
