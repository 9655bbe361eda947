import type { ArgsDef } from 'citty'

/**
 * @throws Error naming the first flag that the command does not have, or that lacks its value: a misspelt one must not
 *   pass unseen, and an empty `--out` would be the working directory.
 */
export function checkFlags(rawArgs: readonly string[], args: ArgsDef): void {
  for (const [i, word] of rawArgs.entries()) {
    if (word === '--') return
    const flag = /^--(?:no-)?([^=]+)/.exec(word)?.[1]
    if (flag !== undefined && !Object.hasOwn(args, flag) && !Object.hasOwn(args, `no-${flag}`))
      throw new Error(
        `there is no --${flag}; flags are ${Object.keys(args)
          .map((name) => `--${name}`)
          .join(', ')}`,
      )
    if (flag !== undefined && args[flag]?.type === 'string' && !word.startsWith('--no-')) {
      const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : (rawArgs[i + 1] ?? '')
      if (value.trim() === '' || (!word.includes('=') && value.startsWith('--')))
        throw new Error(`--${flag} has no value`)
    }
    if (/^-[^-\d]/.test(word)) throw new Error(`${word}: flags are written in full`)
  }
}

/** A flag's number. @throws Error naming the flag. */
export function numberOf(name: string, text: string, least = 0): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < least)
    throw new Error(`--${name} ${text}: a number of at least ${least} is wanted`)
  return value
}

/** A share of a whole. @throws Error naming the flag. */
export function shareOf(name: string, text: string): number {
  const value = numberOf(name, text)
  if (value > 1) throw new Error(`--${name} ${text}: a share from 0 to 1 is wanted`)
  return value
}

export function wholeOf(name: string, text: string, least = 0): number {
  const value = numberOf(name, text, least)
  if (!Number.isInteger(value)) throw new Error(`--${name} ${text}: a whole number is wanted`)
  return value
}

/** A flag's word. @throws Error naming the words there are. */
export function oneOf<const Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw new Error(`--${name} ${text}: one of ${words.join(', ')} is wanted`)
}

/** `train=0.8,val=0.1,test=0.1`. @throws Error naming what is no share. */
export function sharesOf(name: string, text: string): { train: number; val: number; test: number } {
  const shares = { train: 0, val: 0, test: 0 }
  for (const part of text.split(',')) {
    const [split = '', share = ''] = part.split('=')
    if (!Object.hasOwn(shares, split))
      throw new Error(`--${name} ${text}: '${part}' is no share; wanted is e.g. train=0.8,val=0.1,test=0.1`)
    shares[split as keyof typeof shares] = numberOf(name, share)
  }
  return shares
}

/** Number of threads, or the machine's where none is given. */
export const workersArgument = {
  workers: { type: 'string', description: 'threads; default: the machine’s cores', valueHint: 'N' },
} as const

export const workersOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeOf('workers', text, 1)

/** The one dataset that a command works on. */
export function onlyDataset(command: string, words: readonly string[]): string {
  const [dataset, ...more] = words
  if (dataset === undefined || more.length > 0)
    throw new Error(`one dataset is wanted: univ-mvip ${command} DATASET`)
  return dataset
}
