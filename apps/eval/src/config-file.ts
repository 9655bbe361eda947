import { readFileSync } from 'node:fs'
import { flag, text } from '@univ/command-line'
import { parse } from 'yaml'

/** What every command takes, whatever its flags. */
export const configFlag = {
  config: flag(text, { description: 'YAML file with flags: `batch: 8` is --batch 8', valueHint: 'FILE' }),
}

/**
 * Puts the entries of a YAML file, `--config FILE`, in front of the other flags: `batch: 8` is `--batch 8`, `true` a
 * flag alone, a list several words. A flag of the command line wins over the file's.
 * @throws Error naming the file and the entry that is no flag's value; names are checked with all flags
 */
export function withConfigFile(words: readonly string[]): string[] {
  const at = words.findIndex((word) => word === '--config' || word.startsWith('--config='))
  if (at < 0) return [...words]
  const inline = words[at]!.startsWith('--config=')
  const file = inline ? words[at]!.slice('--config='.length) : words[at + 1]
  if (file === undefined || file === '') throw new Error('--config has no value')
  const rest = words.toSpliced(at, inline ? 1 : 2)
  const given = new Set(
    rest.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')[0]),
  )
  const flags = Object.entries(entriesOf(file)).filter(([name]) => !given.has(name))
  return [...flags.flatMap(([name, value]) => wordsOf(file, name, value)), ...rest]
}

function entriesOf(file: string): Readonly<Record<string, unknown>> {
  let tree: unknown
  try {
    tree = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message.split('\n')[0]}`)
  }
  if (typeof tree === 'object' && tree !== null && !Array.isArray(tree))
    return tree as Record<string, unknown>
  throw new Error(`${file}: entries such as 'batch: 8' are wanted, one for each flag`)
}

function wordsOf(file: string, name: string, value: unknown): string[] {
  if (value === true) return [`--${name}`]
  if (value === false) return [`--no-${name}`]
  const items = Array.isArray(value) ? value : [value]
  if (!items.every((item) => typeof item === 'string' || typeof item === 'number') || items.length === 0)
    throw new Error(`${file}: ${name} is ${JSON.stringify(value)}, wanted a text, a number, true or false`)
  return [`--${name}`, ...items.map(String)]
}
