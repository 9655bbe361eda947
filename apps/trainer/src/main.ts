import { runCommands } from '@univ/command-line'
import { version } from '../package.json'

await runCommands({
  name: 'univ-train',
  description: 'UNIV: pre-training of one encoder for visible and infrared images',
  version,
  commands: {
    pretrain: () => import('./commands/pretrain'),
    teacher: () => import('./commands/teacher'),
    segment: () => import('./commands/segment'),
    detect: () => import('./commands/detect'),
    doctor: () => import('./commands/doctor'),
    demo: () => import('./commands/demo'),
  },
})
