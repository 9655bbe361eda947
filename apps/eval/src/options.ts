import { readFileSync } from 'node:fs'
import type { EngineName } from '@univ/compile'

/** A whole number from the command line. @throws Error naming the flag */
export function wholeNumber(flag: string, value: string, least = 1): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= least) return number
  throw new Error(`--${flag} ${value}: a whole number of at least ${least} is wanted`)
}

/** `a,b` as numbers. */
export function numberList(flag: string, value: string): number[] {
  return value === '' ? [] : value.split(',').map((item) => wholeNumber(flag, item.trim(), 0))
}

/** Every occurrence of a flag, and further words up to the next flag: `--data a b --data c`. */
export function repeated(words: readonly string[], flag: string): string[] {
  const values: string[] = []
  for (let i = 0; i < words.length; i++) {
    const inline = words[i]!.startsWith(`--${flag}=`) ? words[i]!.slice(flag.length + 3) : undefined
    if (inline !== undefined) values.push(inline)
    if (words[i] !== `--${flag}`) continue
    while (words[i + 1] !== undefined && !words[i + 1]!.startsWith('--')) values.push(words[++i]!)
  }
  if (values.length === 0) throw new Error(`--${flag} is missing`)
  return values
}

/** Stems of a split file, one a line; an extension is cut off. */
export function readStems(file: string | undefined): ReadonlySet<string> | undefined {
  if (!file) return undefined
  const lines = readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
  return new Set(lines.map((line) => line.replace(/\.(jpe?g|png)$/i, '')))
}

/** A line that shows how far the work is; rewritten in place on a terminal, every tenth elsewhere. */
export function progressLine(what: string): (done: number, total: number) => void {
  const started = performance.now()
  return (done, total) => {
    const seconds = (performance.now() - started) / 1000
    const text = `${what} ${done}/${total}, ${(done / seconds).toFixed(1)}/s, ${Math.ceil(((total - done) * seconds) / done)} s left`
    if (process.stderr.isTTY) process.stderr.write(`\r${text}   ${done === total ? '\n' : ''}`)
    else if (done === total || done % Math.ceil(total / 10) === 0) process.stderr.write(`${text}\n`)
  }
}

export const engineArgument = {
  type: 'string',
  default: 'auto',
  description: 'auto, cpu, webgpu, cuda or tfjs:<backend>',
} as const
export const asEngine = (name: string): EngineName => name as EngineName
