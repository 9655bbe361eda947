import { parseArgs } from 'citty'
import { checkWords, type Operands } from './check-words'
import type { FlagKind } from './flag-kinds'

/** How citty declares a flag, and how its value is read. */
export interface Flag<Value> {
  readonly type: 'string' | 'boolean'
  /** May stand several times, and may have several words. */
  readonly several?: boolean
  readonly description: string
  readonly valueHint?: string
  /** As it would be given on the command line. */
  readonly default?: string | boolean
  readonly required?: boolean
  readonly file?: FileUse
  readonly companion?: (path: string) => string
  readonly read: (name: string, given: string | readonly string[] | boolean | undefined) => Value
}

/** What a command does with the file that a flag names. */
export type FileUse = 'read' | 'written'

export type Flags = Readonly<Record<string, Flag<unknown>>>
export type FlagValues<Declared extends Flags> = {
  readonly [Name in keyof Declared]: ReturnType<Declared[Name]['read']>
}

interface About {
  readonly description: string
  readonly valueHint?: string
  /** Its text is a path: what is written may be no other flag's file. */
  readonly file?: FileUse
  /** The file that is read or written beside it. */
  readonly companion?: (path: string) => string
}
interface Required extends About {
  readonly required: true
}
interface Defaulted extends About {
  readonly default: string
}

/** Without a hint help would show the flag's own name. */
const hinted = <Value>({ hint }: FlagKind<Value>, about: About): About =>
  hint === undefined ? about : { valueHint: hint, ...about }

/** A flag with one value; the last one counts where it stands twice. */
export function flag<Value>(kind: FlagKind<Value>, about: Required | Defaulted): Flag<Value>
export function flag<Value>(kind: FlagKind<Value>, about: About): Flag<Value | undefined>
export function flag<Value>(kind: FlagKind<Value>, about: About): Flag<Value | undefined> {
  return {
    ...hinted(kind, about),
    type: 'string',
    read: (name, given) => (given === undefined ? undefined : kind(String(given), name)),
  }
}

/** A flag that may stand several times, and may have several words: `--data a b --data c`. */
export function several<Value>(kind: FlagKind<Value>, about: Required): Flag<readonly Value[]>
export function several<Value>(kind: FlagKind<Value>, about: About): Flag<readonly Value[] | undefined>
export function several<Value>(kind: FlagKind<Value>, about: About): Flag<readonly Value[] | undefined> {
  return {
    ...hinted(kind, about),
    type: 'string',
    several: true,
    read: (name, given) =>
      given === undefined ? undefined : [given].flat().map((word) => kind(String(word), name)),
  }
}

/** A flag without value: `--flip`, `--no-flip`. */
export function toggle(about: { readonly description: string; readonly default: boolean }): Flag<boolean>
export function toggle(about: { readonly description: string }): Flag<boolean | undefined>
export function toggle(about: {
  readonly description: string
  readonly default?: boolean
}): Flag<boolean | undefined> {
  return { ...about, type: 'boolean', read: (_, given) => given as boolean | undefined }
}

/**
 * The values of a command's flags, and the words beside them.
 * @throws Error naming the first word that the command does not take, a flag that is missing, or one with a wrong value
 */
export function readFlags<const Declared extends Flags>(
  flags: Declared,
  words: readonly string[],
  operands?: Operands,
): { readonly values: FlagValues<Declared>; readonly operands: readonly string[] } {
  const found = checkWords(words, flags, operands)
  const parsed = parseArgs([...words], flags as never) as Readonly<
    Record<string, string | boolean | undefined>
  >
  const values = Object.entries(flags).map(([name, { several, read }]) => [
    name,
    read(name, several ? found.repeated.get(name) : parsed[name]),
  ])
  return { values: Object.fromEntries(values), operands: found.operands }
}
