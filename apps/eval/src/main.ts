import { runCommands } from '@univ/command-line'
import { version } from '../package.json'
import { configFlag, withConfigFile } from './config-file'

await runCommands({
  name: 'univ-eval',
  description: 'features, alignment, probes, segmentation and detection figures of UNIV encoders',
  version,
  commands: {
    features: () => import('./commands/features'),
    teacher: () => import('./commands/teacher'),
    align: () => import('./commands/align'),
    segment: () => import('./commands/segment'),
    probe: () => import('./commands/probe'),
    coco: () => import('./commands/coco'),
    detect: () => import('./commands/detect'),
    export: () => import('./commands/export'),
  },
  prepare: withConfigFile,
  prepared: configFlag,
})
