import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, renderUsage } from 'citty'
import { argsOf, type Command } from './command'
import type { Flags } from './flags'
import { mindOutput } from './mind-output'

/** Commands under one name. */
export interface Program {
  readonly name: string
  readonly description: string
  /** The package's, for `--version`. */
  readonly version: string
  /** Each is loaded when it is called: what one needs the others do not wait for. */
  readonly commands: Readonly<Record<string, () => Promise<{ readonly default: Command }>>>
  /** Changes a command's words before they are read. */
  readonly prepare?: (words: readonly string[]) => readonly string[]
  /** Flags that `prepare` takes out of the words: every command's help shows them. */
  readonly prepared?: Flags
}

/**
 * Runs the command that the first word names, or shows help or the version. Errors are told in one line on standard error, or with
 * their stack where `--debug` or the variable UNIV_DEBUG asks for it; the exit code is then 1. Output that nobody reads, or
 * that finds no room, ends no command.
 */
export async function runCommands(program: Program, words = process.argv.slice(2)): Promise<void> {
  const { name, description, version, commands, prepare = (given) => given, prepared = {} } = program
  const main: CommandDef = {
    meta: { name, version, description },
    subCommands: Object.fromEntries(
      Object.entries(commands).map(([word, load]) => [word, async () => (await load()).default.definition]),
    ),
  }
  await tellErrors(name, words, async ([first = '--help', ...rest]) => {
    if (asksForHelp([first])) return showHelp(main)
    if ([first, ...rest].includes('--version')) return console.log(`${name} ${version}`)
    if (!Object.hasOwn(commands, first))
      throw new Error(`there is no command '${first}'; commands are ${Object.keys(commands).join(', ')}`)
    const { default: command } = await commands[first]!()
    const { definition } = command
    if (asksForHelp(rest))
      return showHelp({ ...definition, args: { ...argsOf(prepared), ...definition.args } }, main)
    await command.run(prepare(rest))
  })
}

/** Runs a command that stands alone, as `runCommands` runs one of several. */
export async function runCommand(command: Command, words = process.argv.slice(2)): Promise<void> {
  const { name = '' } = command.definition.meta as { readonly name?: string }
  await tellErrors(name, words, (rest) =>
    asksForHelp(rest) ? showHelp(command.definition) : command.run(rest),
  )
}

/** Once in a process is enough. */
let minded = false

async function tellErrors(
  name: string,
  words: readonly string[],
  work: (words: readonly string[]) => Promise<void>,
): Promise<void> {
  if (!minded) mindOutput(name)
  minded = true
  const debug = Boolean(process.env.UNIV_DEBUG) || words.includes('--debug')
  try {
    await work(words.filter((word) => word !== '--debug'))
  } catch (error) {
    console.error(debug || !(error instanceof Error) ? error : `${name}: ${error.message}`)
    process.exitCode = 1
  }
}

const asksForHelp = (words: readonly string[]): boolean => words.includes('--help') || words.includes('-h')

/** citty colours its help even where it goes into a file. */
async function showHelp(definition: CommandDef, parent?: CommandDef): Promise<void> {
  const help = await renderUsage(definition, parent)
  console.log(process.stdout.isTTY ? `${help}\n` : `${stripVTControlCharacters(help)}\n`)
}
