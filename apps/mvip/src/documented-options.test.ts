import { readdirSync, readFileSync } from 'node:fs'
import type { Command } from '@univ/command-line'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../../../docs/dataset.md', import.meta.url), 'utf8')
const table = page.split('\n## Commands and options\n')[1]!.split('\n## ')[0]!
const commands = readdirSync(new URL('./commands/', import.meta.url)).map((file) => file.replace(/\.ts$/, ''))

/** The flags in a command's row of docs/dataset.md. */
const documented = (command: string) => {
  const row = table.split('\n').find((line) => line.startsWith(`| \`${command}`))
  return new Set(row?.match(/--[\w-]+/g))
}

describe('the options of a command', () => {
  it.each(commands)('are those in its row of docs/dataset.md: %s', async (name) => {
    const { default: command } = (await import(`./commands/${name}.ts`)) as { default: Command }
    const flags = Object.entries(command.definition.args ?? {})
      .filter(([word, { type }]) => type !== 'positional' && word !== 'debug')
      .map(([word]) => `--${word}`)
    expect([...documented(name)].sort()).toEqual(flags.sort())
  })
})
