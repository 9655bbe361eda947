import { type CommandDef, defineCommand, runCommand, showUsage } from 'citty'
import { withConfigFile } from './config-file'

// Each command loads what it needs when it is called: features need no charts.
const commands = {
  features: () => import('./commands/features').then((module) => module.default as CommandDef),
  teacher: () => import('./commands/teacher').then((module) => module.default as CommandDef),
  align: () => import('./commands/align').then((module) => module.default as CommandDef),
  segment: () => import('./commands/segment').then((module) => module.default as CommandDef),
  probe: () => import('./commands/probe').then((module) => module.default as CommandDef),
  coco: () => import('./commands/coco').then((module) => module.default as CommandDef),
  detect: () => import('./commands/detect').then((module) => module.default as CommandDef),
  export: () => import('./commands/export').then((module) => module.default as CommandDef),
} satisfies Record<string, () => Promise<CommandDef>>

const main = defineCommand({
  meta: {
    name: 'univ-eval',
    description: 'features, alignment, probes, segmentation and detection figures of UNIV encoders',
  },
  subCommands: commands,
})

async function evaluate(words: readonly string[]): Promise<void> {
  const [name = '', ...rest] = words
  if (words.length === 0 || name === '--help' || name === '-h') return showUsage(main)
  if (!Object.hasOwn(commands, name))
    throw new Error(`there is no command '${name}'; commands are ${Object.keys(commands).join(', ')}`)
  const command = await commands[name as keyof typeof commands]()
  if (rest.includes('--help') || rest.includes('-h')) return showUsage(command)
  await runCommand(command, { rawArgs: withConfigFile(rest) })
}

try {
  await evaluate(process.argv.slice(2))
} catch (error) {
  console.error(process.env.DEBUG || !(error instanceof Error) ? error : `univ-eval: ${error.message}`)
  process.exitCode = 1
}
