import { runCommands } from '@univ/command-line'
import { version } from '../package.json'

await runCommands({
  name: 'univ-mvip',
  description: 'sets of aligned infrared-visible pairs: build, check, divide, pack',
  version,
  commands: {
    build: () => import('./commands/build'),
    verify: () => import('./commands/verify'),
    stats: () => import('./commands/stats'),
    relocate: () => import('./commands/relocate'),
    split: () => import('./commands/split'),
    shard: () => import('./commands/shard'),
    view: () => import('./commands/view'),
    synthetic: () => import('./commands/synthetic'),
    score: () => import('./commands/score'),
    layouts: () => import('./commands/layouts'),
  },
})
