import { command, flag, share, text, wholeNumber } from '@univ/command-line'
import { writeBenchmark } from '@univ/mvip'

export default command({
  name: 'synthetic',
  description: 'a made benchmark with labels, boxes and known misalignment',
  flags: {
    out: flag(text, { required: true, description: 'folder of the set', valueHint: 'DIR' }),
    sequences: flag(wholeNumber(), {
      default: '50',
      description: 'places; fifty have all types and weathers',
      valueHint: 'N',
    }),
    frames: flag(wholeNumber(), { default: '8', description: 'frames of each', valueHint: 'N' }),
    size: flag(wholeNumber(16), { default: '224', description: 'side in pixels', valueHint: 'PX' }),
    seed: flag(wholeNumber(0), { default: '7', description: 'another set for every seed', valueHint: 'N' }),
    misaligned: flag(share, {
      default: '0',
      description: 'share of sequences with infrared out of place',
      valueHint: '0-1',
    }),
    noise: flag(share, { default: '0.3', description: 'sensor noise', valueHint: '0-1' }),
    flatness: flag(share, { default: '0.2', description: 'loss of infrared contrast', valueHint: '0-1' }),
  },
  async run({ out, ...scene }) {
    await writeBenchmark(out, scene)
    console.log(`written: ${out}`)
  },
})
