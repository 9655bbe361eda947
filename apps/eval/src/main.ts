import { defineCommand, runCommand, showUsage } from 'citty'
import align from './commands/align'
import features from './commands/features'
import teacher from './commands/teacher'

const commands = { align, features, teacher }
const main = defineCommand({
  meta: { name: 'univ-eval', description: 'features, teacher quality and alignment of UNIV encoders' },
  subCommands: commands,
})

const rawArgs = process.argv.slice(2)
const command = commands[rawArgs[0] as keyof typeof commands]
try {
  if (rawArgs.length === 0 || rawArgs.includes('--help') || rawArgs.includes('-h'))
    await showUsage((command ?? main) as never, command ? (main as never) : undefined)
  else await runCommand(main, { rawArgs })
} catch (error) {
  console.error(process.env.DEBUG ? error : `univ-eval: ${(error as Error).message}`)
  process.exitCode = 1
}
