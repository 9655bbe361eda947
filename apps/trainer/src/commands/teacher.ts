import { defineCommand } from 'citty'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from '../command-line'
import { readConfig } from '../config/read-config'
import { teacherSchema } from '../config/teacher-schema'
import { reportOutcome } from '../supervised-run'
import { teachByMasking, teachWithLabels } from '../teacher'

const args = {
  labels: { type: 'string', description: 'images/ + labels/ (or train/ and val/ of such)', valueHint: 'DIR' },
  mae: { type: 'string', description: 'images for masked autoencoding', valueHint: 'DIR' },
  ...runArgs,
} as const

export default defineCommand({
  meta: { name: 'teacher', description: 'Make an RGB encoder where no pretrained one is at hand' },
  args,
  async run({ args: given, rawArgs }) {
    refuseUnknown(given, args)
    const { labels, mae } = given
    if ((labels === undefined) === (mae === undefined))
      throw new Error('teacher: give either --labels DIR or --mae DIR')
    const config = readConfig(teacherSchema, given.config, changesFrom(rawArgs, given.engine))
    const flags = { out: given.out ?? config.out ?? 'runs/teacher', resume: given.resume }
    const outcome =
      labels !== undefined ? teachWithLabels(config, labels, flags) : teachByMasking(config, mae!, flags)
    reportOutcome(await outcome, resumeCommand(rawArgs, 'teacher'))
  },
})
