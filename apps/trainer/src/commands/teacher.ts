import { command, flag, text } from '@univ/command-line'
import { readConfig } from '../config/read-config'
import { teacherSchema } from '../config/teacher-schema'
import { changesFrom, resumeCommand, runFlags } from '../run-flags'
import { reportOutcome } from '../supervised-run'
import { teachByMasking, teachWithLabels } from '../teacher'

export default command({
  name: 'teacher',
  description: 'Make an RGB encoder where no pretrained one is at hand',
  flags: {
    labels: flag(text, {
      description: 'a built dataset, or images/ + labels/ (or train/ and val/ of such)',
      valueHint: 'DIR',
    }),
    mae: flag(text, { description: 'images for masked autoencoding, or a built dataset', valueHint: 'DIR' }),
    ...runFlags,
  },
  async run(given, { words }) {
    const { labels, mae, out, resume } = given
    if ((labels === undefined) === (mae === undefined))
      throw new Error('give either --labels DIR or --mae DIR')
    const config = readConfig(teacherSchema, given.config, changesFrom(given))
    const flags = { out: out ?? config.out ?? 'runs/teacher', resume }
    const outcome =
      labels !== undefined ? teachWithLabels(config, labels, flags) : teachByMasking(config, mae!, flags)
    reportOutcome(await outcome, resumeCommand(words, 'teacher'))
  },
})
