import type { EngineName } from '@univ/compile'
import type { RunOptions } from '@univ/train'
import { comparable } from './config/comparable'
import type { RunFlags } from './supervised-run'

/** What every configuration says about a run, whatever is trained. */
interface RunConfig {
  readonly engine: string
  readonly threads?: number
  readonly recompute: boolean
  readonly saveEveryEpochs: number | null
  readonly logEvery: number
}

/**
 * A run's options that do not depend on what is trained.
 * @param task What the command line adds to the configuration: a run is resumed with the same only.
 */
export function runOptions<Config extends RunConfig & Parameters<typeof comparable>[0]>(
  config: Config,
  { out, resume }: RunFlags,
  task: Readonly<Record<string, string>> = {},
): Pick<
  RunOptions<never>,
  'out' | 'resume' | 'config' | 'engine' | 'threads' | 'recompute' | 'saveEvery' | 'logEvery'
> {
  return {
    out,
    resume,
    config: { ...comparable(config), ...task },
    engine: config.engine as EngineName, // the schema has refused other names
    threads: config.threads,
    recompute: config.recompute,
    saveEvery: config.saveEveryEpochs ?? undefined,
    logEvery: config.logEvery,
  }
}
