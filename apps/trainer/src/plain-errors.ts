import type { ArgsDef, CommandDef } from 'citty'

/** The command, whose errors are told in their own words, without a stack; `UNIV_DEBUG=1` shows it. */
export function withPlainErrors<Args extends ArgsDef>(command: CommandDef<Args>): CommandDef<Args> {
  return {
    ...command,
    async run(context) {
      try {
        await command.run?.(context)
      } catch (error) {
        if (process.env.UNIV_DEBUG || !(error instanceof Error)) throw error
        console.error(error.message)
        process.exitCode = 1
      }
    },
  }
}
