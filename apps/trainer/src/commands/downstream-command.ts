import { basename } from 'node:path'
import { command, flag, oneOf, toggle } from '@univ/command-line'
import type { z } from 'zod'
import { readConfig } from '../config/read-config'
import { changesFrom, configuredRunFlags, resumeCommand } from '../run-flags'
import { type Outcome, type RunFlags, reportOutcome } from '../supervised-run'

/** What differs between the commands that train a head on an encoder. */
interface DownstreamTask<Schema extends z.ZodType> {
  readonly name: string
  readonly description: string
  /** What is looked at in the end: "images", "scenes". */
  readonly unit: string
  readonly schema: Schema
  readonly train: (config: z.output<Schema>, flags: RunFlags) => Promise<Outcome>
  /** Writes report.html and `NAME.json` into the folder. */
  readonly report: (config: z.output<Schema>, out: string) => void
}

/** The command of a head: reads the configuration, trains, reports on what was held out. */
export function downstreamCommand<Schema extends z.ZodType<{ readonly out?: string }>>(
  task: DownstreamTask<Schema>,
) {
  const { name, description, unit, schema, train, report } = task
  return command({
    name,
    description,
    flags: {
      ...configuredRunFlags,
      modality: flag(oneOf(['rgb', 'ir', 'both']), { description: 'rgb, ir or both', valueHint: 'NAME' }),
      report: toggle({
        default: true,
        description: `evaluate the held-out ${unit} at the end: report.html and ${name}.json in the output folder`,
      }),
    },
    async run(given, { words }) {
      const changes = [...changesFrom(given)]
      if (given.modality) changes.push(`data.modality=${given.modality}`)
      const config = readConfig(schema, given.config, changes)
      const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
      const outcome = await train(config, { out, resume: given.resume })
      reportOutcome(outcome, resumeCommand(words, name))
      if (outcome.finished && given.report) report(config, out)
    },
  })
}
