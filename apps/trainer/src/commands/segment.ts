import { basename } from 'node:path'
import { defineCommand } from 'citty'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from '../command-line'
import { readConfig } from '../config/read-config'
import { segmentSchema } from '../config/segment-schema'
import { segment } from '../segment'
import { reportSegmentation } from '../segment-report'
import { reportOutcome } from '../supervised-run'

const args = {
  ...runArgs,
  config: { ...runArgs.config, required: true },
  modality: { type: 'string', description: 'rgb, ir or both', valueHint: 'NAME' },
  report: {
    type: 'boolean',
    default: true,
    description: 'evaluate the held-out scenes at the end: report.html and segment.json in the output folder',
  },
} as const

export default defineCommand({
  meta: { name: 'segment', description: 'Train UPerNet or a linear probe on an encoder, from pixel labels' },
  args,
  async run({ args: given, rawArgs }) {
    refuseUnknown(given, args)
    const changes = changesFrom(rawArgs, given.engine)
    if (given.modality) changes.push(`data.modality=${given.modality}`)
    const config = readConfig(segmentSchema, given.config, changes)
    const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
    const outcome = await segment(config, { out, resume: given.resume })
    reportOutcome(outcome, resumeCommand(rawArgs, 'segment'))
    if (outcome.finished && given.report) reportSegmentation(config, out)
  },
})
