import { command, flag, oneOf, outputFile, several, text, wholeNumber } from '@univ/command-line'
import { exportNetwork, precisionLoss } from '../export-network'
import { encoderFlags, modality, precision } from '../shared-flags'

const { engine: _, ...encoder } = encoderFlags

export default command({
  name: 'export',
  description: 'an encoder or segmenter as one ONNX file, also in 16 or 8 bits',
  flags: {
    ...encoder,
    network: flag(oneOf(['encoder', 'segmenter']), {
      default: 'encoder',
      description:
        'encoder: tokens and last attention; segmenter: logits (its head lies beside the checkpoint)',
    }),
    precision: flag(precision, {
      default: 'float32',
      description: 'float32, float16 for GPUs, or int8 for CPUs',
    }),
    size: flag(wholeNumber(), {
      description: 'side of the images; default: the checkpoint’s',
      valueHint: 'N',
    }),
    batch: { ...encoderFlags.batch, default: '1', description: 'images of one run' },
    compare: several(text, {
      description: 'images on which tokens in --precision are compared with float32; several may follow',
      valueHint: 'FILE …',
    }),
    modality: flag(modality, { default: 'rgb', description: 'rgb or ir: how those are normalised' }),
    out: flag(outputFile, { required: true, description: 'ONNX file to write', valueHint: 'FILE' }),
  },
  async run(given) {
    const { network, compare: images, out, batch } = given
    if (images !== undefined && (given.precision === 'float32' || network !== 'encoder'))
      throw new Error('--compare is for --network encoder with --precision float16 or int8')
    const { bytes, size } = await exportNetwork(given)
    console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB, images [${batch}, ${size}, ${size}, 3]`)
    if (images === undefined) return
    const loss = await precisionLoss({ ...given, images })
    console.log(
      `${given.precision} against float32: cosine of ${loss.tokens} tokens ${loss.mean.toFixed(5)} on average, ${loss.least.toFixed(5)} at least`,
    )
  },
})
