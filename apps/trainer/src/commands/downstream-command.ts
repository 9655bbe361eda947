import { basename } from 'node:path'
import { defineCommand } from 'citty'
import type { z } from 'zod'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from '../command-line'
import { readConfig } from '../config/read-config'
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
  const args = {
    ...runArgs,
    config: { ...runArgs.config, required: true },
    modality: { type: 'string', description: 'rgb, ir or both', valueHint: 'NAME' },
    report: {
      type: 'boolean',
      default: true,
      description: `evaluate the held-out ${unit} at the end: report.html and ${name}.json in the output folder`,
    },
  } as const
  return defineCommand({
    meta: { name, description },
    args,
    async run({ args: given, rawArgs }) {
      refuseUnknown(given, args)
      const changes = changesFrom(rawArgs, given.engine)
      if (given.modality) changes.push(`data.modality=${given.modality}`)
      const config = readConfig(schema, given.config, changes)
      const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
      const outcome = await train(config, { out, resume: given.resume })
      reportOutcome(outcome, resumeCommand(rawArgs, name))
      if (outcome.finished && given.report) report(config, out)
    },
  })
}
