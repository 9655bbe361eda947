import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Reads the text of a flag.
 * @throws Error naming the flag, its text and what is wanted
 */
export interface FlagKind<Value> {
  (text: string, flag: string): Value
  /** What help shows for the value where the flag has no hint of its own: `refuse|skip`. */
  readonly hint?: string
}

/** The error of a flag whose text is no value of its kind. */
export const wrongValue = (flag: string, text: string, wanted: string): Error =>
  new Error(`--${flag} ${text}: ${wanted} is wanted`)

/** A name or a path; not an empty one: as `--out` that would be the working directory. */
export const text: FlagKind<string> = (given, flag) => {
  if (given.trim() === '') throw new Error(`--${flag} has no value`)
  return given
}

/**
 * A file that a command will write: looked at before it begins, since hours later it is too late. Its folder is not made,
 * because it may be misspelt.
 */
export const outputFile: FlagKind<string> = (given, flag) => {
  const file = text(given, flag)
  const folder = dirname(resolve(file))
  if (!isFolder(folder)) throw new Error(`--${flag} ${file}: there is no folder ${folder}`)
  if (isFolder(file)) throw new Error(`--${flag} ${file} is a folder; name a file`)
  // Files are replaced whole by renaming: of a device nothing would be left.
  if (existsSync(file) && !statSync(file).isFile()) throw new Error(`--${flag} ${file} is no regular file`)
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new Error(`--${flag} ${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
  return file
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/** A number within limits, both included; without limits any finite one. */
export function number(least = -Infinity, most = Infinity): FlagKind<number> {
  const from = least > -Infinity ? ` of at least ${least}` : ''
  const wanted = most < Infinity ? `a number from ${least} to ${most}` : `a number${from}`
  return numeric((value) => Number.isFinite(value) && value >= least && value <= most, wanted)
}

/** A whole number from `least` on, by default from 1, to `most`, which is included. */
export const wholeNumber = (least = 1, most = Infinity): FlagKind<number> =>
  numeric(
    (value) => Number.isInteger(value) && value >= least && value <= most,
    most < Infinity ? `a whole number from ${least} to ${most}` : `a whole number of at least ${least}`,
  )

/** A share of a whole. */
export const share = numeric((value) => value >= 0 && value <= 1, 'a share from 0 to 1')

function numeric(fits: (value: number) => boolean, wanted: string): FlagKind<number> {
  return (given, flag) => {
    const value = Number(given)
    if (given.trim() !== '' && fits(value)) return value
    throw wrongValue(flag, given, wanted)
  }
}

/** `LOW,HIGH`: two different numbers, the lower first. */
export const range: FlagKind<readonly [low: number, high: number]> = (given, flag) => {
  const [low, high, ...more] = given
    .split(',')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (
    low !== undefined &&
    high !== undefined &&
    more.length === 0 &&
    low < high &&
    Number.isFinite(high - low)
  )
    return [low, high]
  throw wrongValue(flag, given, 'LOW,HIGH, two numbers of which the lower comes first,')
}

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]): FlagKind<Word> {
  const wanted = words.length < 3 ? words.join(' or ') : `one of ${words.join(', ')}`
  const read = (given: string, flag: string) => {
    const found = words.find((word) => word === given)
    if (found !== undefined) return found
    throw wrongValue(flag, given, wanted)
  }
  return Object.assign(read, { hint: words.join('|') })
}

/** A word that a rule accepts. @param wanted The rule in words, for errors. */
export function accepted<Word extends string>(
  rule: (given: string) => given is Word,
  wanted: string,
): FlagKind<Word> {
  return (given, flag) => {
    if (rule(given)) return given
    throw wrongValue(flag, given, wanted)
  }
}

/** `a,b`: items with commas between, spaces around them left out. An empty text is refused, unless it is no items. */
export function listOf<Item>(kind: FlagKind<Item>, { mayBeEmpty = false } = {}): FlagKind<Item[]> {
  return (given, flag) =>
    mayBeEmpty && given.trim() === '' ? [] : given.split(',').map((item) => kind(item.trim(), flag))
}
