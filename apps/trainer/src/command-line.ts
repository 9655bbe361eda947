import type { ArgsDef } from 'citty'

/** Values of an option that may stand several times: `--set a=1 --set=b=2`. citty keeps the last one only. */
function repeated(rawArgs: readonly string[], name: string): string[] {
  return rawArgs.flatMap((argument, i) => {
    if (argument === `--${name}`) return rawArgs[i + 1] === undefined ? [] : [rawArgs[i + 1]!]
    return argument.startsWith(`--${name}=`) ? [argument.slice(name.length + 3)] : []
  })
}

/** Arguments of the runs' commands that override the configuration. */
export const runArgs = {
  config: { type: 'string', description: 'YAML file', valueHint: 'FILE' },
  set: { type: 'string', description: 'override one entry; may be repeated', valueHint: 'a.b=value' },
  out: { type: 'string', description: 'folder for checkpoints and logs', valueHint: 'DIR' },
  engine: { type: 'string', description: 'auto, cpu, webgpu, cuda or tfjs:<backend>' },
  recompute: {
    type: 'boolean',
    description: 'compute activations again instead of keeping them: less memory, more time',
  },
  resume: { type: 'boolean', description: 'go on with the run in the output folder' },
} as const satisfies ArgsDef

/** @throws Error naming options that the command does not have: a typing error must not be passed over. */
export function refuseUnknown(args: Readonly<Record<string, unknown>>, known: ArgsDef): void {
  const unknown = Object.keys(args).filter((name) => name !== '_' && !(name in known))
  const positional = (args._ as string[] | undefined) ?? []
  const options = Object.keys(known).map((name) => `--${name}`)
  if (unknown.length > 0)
    throw new Error(
      `unknown option ${unknown.map((name) => `--${name}`).join(', ')}; there are ${options.join(', ')}`,
    )
  if (positional.length > 0)
    throw new Error(`unexpected argument '${positional[0]}'; options are ${options.join(', ')}`)
}

/** `--set` arguments, with `--engine` and `--recompute` as further ones. */
export function changesFrom(rawArgs: readonly string[], engine: string | undefined): string[] {
  return [
    ...repeated(rawArgs, 'set'),
    ...(engine ? [`engine=${engine}`] : []),
    ...(rawArgs.includes('--recompute') ? ['recompute=true'] : []),
  ]
}

/** The command that goes on with a run. */
export function resumeCommand(rawArgs: readonly string[], command: string): string {
  const kept = rawArgs.filter((argument) => argument !== '--resume')
  return ['univ-train', command, ...kept, '--resume']
    .map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word}'`))
    .join(' ')
}
