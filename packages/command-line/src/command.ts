import { type ArgsDef, type CommandDef, defineCommand } from 'citty'
import { checkFiles } from './check-files'
import type { Operands } from './check-words'
import { type Flag, type Flags, type FlagValues, readFlags } from './flags'

/** A command: what its help shows, and what it does. */
export interface Command {
  readonly definition: CommandDef
  /** @throws Error in one line where a word does not fit; whatever the command throws */
  run(words: readonly string[]): Promise<void>
}

export interface CommandOptions<Declared extends Flags> {
  readonly name: string
  readonly description: string
  readonly flags: Declared
  /** Words beside the flags; default: none are taken. */
  readonly operands?: Operands
  readonly run: (
    values: FlagValues<Declared>,
    given: { readonly operands: readonly string[]; readonly words: readonly string[] },
  ) => void | Promise<void>
}

/** Declares a command: its flags, and the files that they name, are checked before it runs. */
export function command<const Declared extends Flags>(options: CommandOptions<Declared>): Command {
  const { name, description, flags, operands, run } = options
  const args: ArgsDef = {
    ...(operands && {
      [operands.name]: { type: 'positional', required: true, description: operands.description },
    }),
    ...argsOf(flags),
    debug: { type: 'boolean', description: 'tell errors with their stack, as UNIV_DEBUG=1 does' },
  }
  return {
    definition: defineCommand({ meta: { name, description }, args }) as CommandDef,
    async run(words) {
      const { values, operands: beside } = readFlags(flags, words, operands)
      checkFiles(flags, values)
      await run(values, { operands: beside, words })
    },
  }
}

/** Flags as citty's help shows them. */
export const argsOf = (flags: Flags): ArgsDef =>
  Object.fromEntries(Object.entries(flags).map(([word, flag]) => [word, shown(flag)])) as ArgsDef

/** Help need not say that what is not asked for is not done. */
const shown = (flag: Flag<unknown>): Flag<unknown> =>
  flag.default === false || flag.default === '' ? { ...flag, default: undefined } : flag
