import { defineCommand, runMain } from 'citty'
import demo from './commands/demo'
import detect from './commands/detect'
import doctor from './commands/doctor'
import pretrain from './commands/pretrain'
import segment from './commands/segment'
import teacher from './commands/teacher'
import { withPlainErrors } from './plain-errors'

const main = defineCommand({
  meta: {
    name: 'univ-train',
    description: 'UNIV: pre-training of one encoder for visible and infrared images',
  },
  subCommands: {
    pretrain: withPlainErrors(pretrain),
    teacher: withPlainErrors(teacher),
    segment: withPlainErrors(segment),
    detect: withPlainErrors(detect),
    doctor: withPlainErrors(doctor),
    demo: withPlainErrors(demo),
  },
})

void runMain(main)
