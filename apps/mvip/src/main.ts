import { type CommandDef, defineCommand, runCommand, showUsage } from 'citty'

const commands = {
  build: () => import('./commands/build').then((module) => module.default as CommandDef),
  verify: () => import('./commands/verify').then((module) => module.default as CommandDef),
  stats: () => import('./commands/stats').then((module) => module.default as CommandDef),
  split: () => import('./commands/split').then((module) => module.default as CommandDef),
  shard: () => import('./commands/shard').then((module) => module.default as CommandDef),
  view: () => import('./commands/view').then((module) => module.default as CommandDef),
  synthetic: () => import('./commands/synthetic').then((module) => module.default as CommandDef),
  score: () => import('./commands/score').then((module) => module.default as CommandDef),
  layouts: () => import('./commands/layouts').then((module) => module.default as CommandDef),
} satisfies Record<string, () => Promise<CommandDef>>

const main = defineCommand({
  meta: {
    name: 'univ-mvip',
    description: 'sets of aligned infrared-visible pairs: build, check, divide, pack',
  },
  subCommands: commands,
})

async function run(words: readonly string[]): Promise<void> {
  const [name = '', ...rest] = words
  if (words.length === 0 || name === '--help' || name === '-h') return showUsage(main)
  if (!Object.hasOwn(commands, name))
    throw new Error(`there is no command '${name}'; commands are ${Object.keys(commands).join(', ')}`)
  const command = await commands[name as keyof typeof commands]()
  if (rest.includes('--help') || rest.includes('-h')) return showUsage(command)
  await runCommand(command, { rawArgs: rest })
}

try {
  await run(process.argv.slice(2))
} catch (error) {
  console.error(process.env.DEBUG || !(error instanceof Error) ? error : `univ-mvip: ${error.message}`)
  process.exitCode = 1
}
