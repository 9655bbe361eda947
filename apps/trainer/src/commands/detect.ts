import { basename } from 'node:path'
import { defineCommand } from 'citty'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from '../command-line'
import { detectSchema } from '../config/detect-schema'
import { readConfig } from '../config/read-config'
import { trainDetector } from '../detect'
import { reportDetection } from '../detect-report'
import { reportOutcome } from '../supervised-run'

const args = {
  ...runArgs,
  config: { ...runArgs.config, required: true },
  modality: { type: 'string', description: 'rgb, ir or both', valueHint: 'NAME' },
  report: {
    type: 'boolean',
    default: true,
    description: 'evaluate the held-out images at the end: report.html and detect.json in the output folder',
  },
} as const

export default defineCommand({
  meta: { name: 'detect', description: 'Train Faster R-CNN on an encoder, from boxes' },
  args,
  async run({ args: given, rawArgs }) {
    refuseUnknown(given, args)
    const changes = changesFrom(rawArgs, given.engine)
    if (given.modality) changes.push(`data.modality=${given.modality}`)
    const config = readConfig(detectSchema, given.config, changes)
    const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
    const outcome = await trainDetector(config, { out, resume: given.resume })
    reportOutcome(outcome, resumeCommand(rawArgs, 'detect'))
    if (outcome.finished && given.report) reportDetection(config, out)
  },
})
