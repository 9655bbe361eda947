import type { EngineName } from '@univ/compile'
import type { ArgsDef } from 'citty'

/** Arguments that every command has. */
export const encoderArguments = {
  checkpoint: {
    type: 'string',
    required: true,
    description: 'encoder: torch .pth or safetensors',
    valueHint: 'FILE',
  },
  heads: {
    type: 'string',
    description: 'attention heads, where no preset has the encoder’s sizes',
    valueHint: 'N',
  },
  which: {
    type: 'string',
    description: 'model of a training checkpoint: model, student, teacher …',
    valueHint: 'NAME',
  },
  batch: { type: 'string', default: '8', description: 'images that run together', valueHint: 'N' },
  engine: {
    type: 'string',
    default: 'auto',
    description: 'auto, cpu, webgpu, cuda or tfjs:<backend>',
    valueHint: 'NAME',
  },
} as const satisfies ArgsDef

/** Arguments of the commands that write a report. */
export const reportArguments = {
  json: { type: 'string', description: 'JSON file to write', valueHint: 'FILE' },
  report: { type: 'string', description: 'HTML file to write', valueHint: 'FILE' },
  pictures: { type: 'string', default: '3', description: 'images shown in the report', valueHint: 'N' },
} as const satisfies ArgsDef

/** Argument of the commands that can go on after an interruption. */
export const resumeArguments = {
  resume: {
    type: 'boolean',
    default: false,
    description: 'go on with an interrupted run: what it had is in FILE.partial.jsonl beside --json FILE',
  },
} as const satisfies ArgsDef

/** What the encoder's arguments say. */
export function encoderOptions(args: {
  readonly checkpoint: string
  readonly heads?: string
  readonly which?: string
  readonly batch: string
  readonly engine: string
}) {
  return {
    checkpoint: args.checkpoint,
    heads: args.heads === undefined ? undefined : wholeNumber('heads', args.heads),
    which: args.which,
    batch: wholeNumber('batch', args.batch),
    engine: args.engine as EngineName, // `compile` refuses other names
  }
}

/** A whole number from the command line. @throws Error naming the flag */
export function wholeNumber(flag: string, value: string, least = 1): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isInteger(number) && number >= least) return number
  throw new Error(`--${flag} ${value}: a whole number of at least ${least} is wanted`)
}

/** A number within limits, both included. @throws Error naming the flag */
export function numberWithin(flag: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= least && number <= most) return number
  throw new Error(`--${flag} ${value}: a number from ${least} to ${most} is wanted`)
}

/** `a,b` as whole numbers. */
export function numberList(flag: string, value: string): number[] {
  return value === '' ? [] : value.split(',').map((item) => wholeNumber(flag, item.trim(), 0))
}

/** @throws Error naming what is allowed */
export function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((item) => item === value)
  if (found !== undefined) return found
  throw new Error(`--${flag} ${value}: ${allowed.join(' or ')} is wanted`)
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

/**
 * citty passes over flags that it does not know; a typing error must not.
 * @param several Flags that may have several words.
 * @throws Error naming the word and the flags there are
 */
export function checkWords(words: readonly string[], known: ArgsDef, several: readonly string[] = []): void {
  const flags = Object.keys(known).map((name) => `--${name}`)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!word.startsWith('--')) throw new Error(`unexpected word '${word}'; flags are ${flags.join(', ')}`)
    const [flag = '', inline] = word.slice(2).split(/=(.*)/s)
    const name = flag.startsWith('no-') && known[flag.slice(3)]?.type === 'boolean' ? flag.slice(3) : flag
    const definition = known[name]
    if (!definition) throw new Error(`unknown flag ${word}; there are ${flags.join(', ')}`)
    if (definition.type === 'boolean' || inline !== undefined) continue
    if (words[i + 1] === undefined || words[i + 1]!.startsWith('--')) throw new Error(`${word} has no value`)
    i++
    while (several.includes(name) && words[i + 1] !== undefined && !words[i + 1]!.startsWith('--')) i++
  }
}
