import { writeBenchmark } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, shareOf, wholeOf } from '../arguments'

const args = {
  out: { type: 'string', required: true, description: 'folder of the set', valueHint: 'DIR' },
  sequences: {
    type: 'string',
    default: '50',
    description: 'places; fifty have all types and weathers',
    valueHint: 'N',
  },
  frames: { type: 'string', default: '8', description: 'frames of each', valueHint: 'N' },
  size: { type: 'string', default: '224', description: 'side in pixels', valueHint: 'PX' },
  seed: { type: 'string', default: '7', description: 'another set for every seed', valueHint: 'N' },
  misaligned: {
    type: 'string',
    default: '0',
    description: 'share of sequences with infrared out of place',
    valueHint: '0-1',
  },
  noise: { type: 'string', default: '0.3', description: 'sensor noise', valueHint: '0-1' },
  flatness: { type: 'string', default: '0.2', description: 'loss of infrared contrast', valueHint: '0-1' },
} as const

export default defineCommand({
  meta: {
    name: 'univ-mvip synthetic',
    description: 'a made benchmark with labels, boxes and known misalignment',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    await writeBenchmark(given.out, {
      sequences: wholeOf('sequences', given.sequences, 1),
      frames: wholeOf('frames', given.frames, 1),
      size: wholeOf('size', given.size, 16),
      seed: wholeOf('seed', given.seed),
      misaligned: shareOf('misaligned', given.misaligned),
      noise: shareOf('noise', given.noise),
      flatness: shareOf('flatness', given.flatness),
    })
    console.log(`written: ${given.out}`)
  },
})
