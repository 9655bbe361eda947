import { basename } from 'node:path'
import { command } from '@univ/command-line'
import { pretrainSchema } from '../config/pretrain-schema'
import { readConfig } from '../config/read-config'
import { pretrain } from '../pretrain'
import { changesFrom, configuredRunFlags, resumeCommand } from '../run-flags'
import { reportOutcome } from '../supervised-run'

export default command({
  name: 'pretrain',
  description: 'Teach an encoder infrared: patch-wise contrast with a frozen RGB encoder',
  flags: configuredRunFlags,
  async run(given, { words }) {
    const config = readConfig(pretrainSchema, given.config, changesFrom(given))
    const out = given.out ?? config.out ?? `runs/${basename(given.config).replace(/\.ya?ml$/, '')}`
    reportOutcome(await pretrain(config, { out, resume: given.resume }), resumeCommand(words, 'pretrain'))
  },
})
