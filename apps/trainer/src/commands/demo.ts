import { defineCommand } from 'citty'
import { refuseUnknown } from '../command-line'
import { demo } from '../demo'

const args = {
  out: { type: 'string', default: 'runs/demo', description: 'folder, emptied first', valueHint: 'DIR' },
  pairs: { type: 'string', default: '96', description: 'synthetic pairs to train on' },
  engine: { type: 'string', default: 'auto', description: 'auto, cpu, webgpu, cuda or tfjs:<backend>' },
} as const

export default defineCommand({
  meta: {
    name: 'demo',
    description: 'The whole path on synthetic pairs, in some minutes: teacher, pre-training, report',
  },
  args,
  async run({ args: given }) {
    refuseUnknown(given, args)
    await demo({ out: given.out, pairs: Number(given.pairs), engine: given.engine })
  },
})
