import { basename } from 'node:path'
import { defineCommand } from 'citty'
import { changesFrom, refuseUnknown, resumeCommand, runArgs } from '../command-line'
import { pretrainSchema } from '../config/pretrain-schema'
import { readConfig } from '../config/read-config'
import { pretrain } from '../pretrain'
import { reportOutcome } from '../supervised-run'

const args = { ...runArgs, config: { ...runArgs.config, required: true } } as const

export default defineCommand({
  meta: {
    name: 'pretrain',
    description: 'Teach an encoder infrared: patch-wise contrast with a frozen RGB encoder',
  },
  args,
  async run({ args: given, rawArgs }) {
    refuseUnknown(given, args)
    const config = readConfig(pretrainSchema, given.config, changesFrom(rawArgs, given.engine))
    const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
    reportOutcome(await pretrain(config, { out, resume: given.resume }), resumeCommand(rawArgs, 'pretrain'))
  },
})
