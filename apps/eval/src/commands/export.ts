import { command, flag, oneOf, outputFile, several, text } from '@univ/command-line'
import { exportNetwork } from '../export-network'
import { precisionLoss } from '../precision-loss'
import { encoderFlags, modality, precision, side } from '../shared-flags'

const { engine: _, ...encoder } = encoderFlags

export default command({
  name: 'export',
  description: 'an encoder, segmenter or detector as one ONNX file, also in 16 or 8 bits',
  flags: {
    ...encoder,
    network: flag(oneOf(['encoder', 'segmenter', 'detector']), {
      default: 'encoder',
      description:
        'encoder: tokens and last attention; segmenter: logits; detector: boxes, scores, classes (heads lie beside the checkpoint)',
    }),
    precision: flag(precision, {
      default: 'float32',
      description: 'float32, float16 for GPUs, or int8 for CPUs',
    }),
    size: flag(side, {
      description: 'side of the images; default: the checkpoint’s',
      valueHint: 'N',
    }),
    batch: { ...encoderFlags.batch, default: '1', description: 'images of one run' },
    compare: several(text, {
      file: 'read',
      description: 'images on which tokens in --precision are compared with float32; several may follow',
      valueHint: 'FILE …',
    }),
    modality: flag(modality, { default: 'rgb', description: 'rgb or ir: how those are normalised' }),
    out: flag(outputFile, {
      file: 'written',
      companion: (path) => `${path}.json`,
      required: true,
      description: 'ONNX file to write',
      valueHint: 'FILE',
    }),
  },
  async run(given) {
    const { network, compare: images, out } = given
    if (given.which !== undefined && network !== 'encoder')
      throw new Error(`--which chooses among encoders, a ${network} has one`)
    if (given.heads !== undefined && network === 'detector')
      throw new Error('--heads: a detector of univ-train detect states them')
    if (images !== undefined && (given.precision === 'float32' || network !== 'encoder'))
      throw new Error('--compare is for --network encoder with --precision float16 or int8')
    const { bytes, card } = await exportNetwork(given)
    const shapes = Object.entries({ ...card.inputs, ...card.outputs }).map(
      ([name, shape]) => `${name} [${shape.join(', ')}]`,
    )
    console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB; ${shapes.join('; ')}; what to feed it: ${out}.json`)
    if (images === undefined) return
    const loss = await precisionLoss({ ...given, images })
    console.log(
      `${given.precision} against float32: cosine of ${loss.tokens} tokens ${loss.mean.toFixed(5)} on average, ${loss.least.toFixed(5)} at least`,
    )
  },
})
