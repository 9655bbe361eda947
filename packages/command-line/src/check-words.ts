import type { Flags } from './flags'

/** Words beside the flags. */
export interface Operands {
  /** As help and errors call them: DATASET. */
  readonly name: string
  readonly description: string
  /** One or more of them, not just one. */
  readonly several?: boolean
}

/** Words by what they are. */
export interface SortedWords {
  readonly operands: readonly string[]
  /** All values of flags that may have several. */
  readonly repeated: ReadonlyMap<string, readonly string[]>
}

const isFlag = (word: string | undefined): boolean => word?.startsWith('--') === true

/**
 * What citty passes over: it gives unknown flags to nobody, takes the next flag for a missing value, `--no-out` for a
 * value of `--out`, `--centre=no` for yes, and keeps only the last of several values.
 * @throws Error naming the first word that does not fit, or a flag or operand that is missing
 */
export function checkWords(words: readonly string[], flags: Flags, operands?: Operands): SortedWords {
  const known = Object.keys(flags).map((name) => `--${name}`)
  const beside: string[] = []
  const repeated = new Map<string, string[]>()
  const given = new Set<string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!isFlag(word)) {
      if (operands === undefined || /^-./.test(word))
        throw new Error(`unexpected word '${word}'; flags are ${known.join(', ')}`)
      beside.push(word)
      continue
    }
    const { name, inline } = nameOf(word, flags)
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (!flag) throw new Error(`unknown flag ${word.split('=')[0]}; there are ${known.join(', ')}`)
    given.add(name)
    if (flag.type === 'boolean') {
      if (inline !== undefined && inline !== 'true' && inline !== 'false')
        throw new Error(`${word}: --${name} or --no-${name} is wanted`)
      continue
    }
    const values = inline === undefined ? [] : [inline]
    if (inline === undefined) {
      if (words[i + 1] === undefined || isFlag(words[i + 1])) throw new Error(`${word} has no value`)
      values.push(words[++i]!)
      while (flag.several && words[i + 1] !== undefined && !isFlag(words[i + 1])) values.push(words[++i]!)
    }
    if (flag.several) repeated.set(name, [...(repeated.get(name) ?? []), ...values])
  }
  for (const [name, { required }] of Object.entries(flags))
    if (required && !given.has(name)) throw new Error(`--${name} is missing`)
  if (operands && (beside.length === 0 || (beside.length > 1 && !operands.several)))
    throw new Error(
      `${operands.several ? 'at least ' : ''}one ${operands.name} is wanted, ${beside.length === 0 ? 'none is' : `${beside.length} are`} given`,
    )
  return { operands: beside, repeated }
}

/** `--no-x` is x's where x has no value. */
function nameOf(word: string, flags: Flags): { readonly name: string; readonly inline?: string } {
  const [name = '', inline] = word.slice(2).split(/=(.*)/s)
  const positive = name.replace(/^no-/, '')
  return Object.hasOwn(flags, positive) && flags[positive]!.type === 'boolean' && inline === undefined
    ? { name: positive }
    : { name, inline }
}
