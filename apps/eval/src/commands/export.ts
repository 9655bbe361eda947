import { defineCommand } from 'citty'
import { checkWords, encoderArguments, encoderOptions, oneOf, repeated, wholeNumber } from '../arguments'
import { exportNetwork, precisionLoss } from '../export-network'

const { engine: _, ...encoder } = encoderArguments

const args = {
  ...encoder,
  network: {
    type: 'string',
    default: 'encoder',
    description:
      'encoder: tokens and last attention; segmenter: logits (its head lies beside the checkpoint)',
  },
  precision: { type: 'string', default: 'float32', description: 'float32, or int8 for CPUs' },
  size: { type: 'string', description: 'side of the images; default: the checkpoint’s', valueHint: 'N' },
  batch: { ...encoderArguments.batch, default: '1', description: 'images of one run' },
  compare: {
    type: 'string',
    description: 'images on which int8 tokens are compared with float32; several may follow',
    valueHint: 'FILE …',
  },
  modality: { type: 'string', default: 'rgb', description: 'rgb or ir: how those are normalised' },
  out: { type: 'string', required: true, description: 'ONNX file to write', valueHint: 'FILE' },
} as const

export default defineCommand({
  meta: { name: 'univ-eval export', description: 'an encoder or segmenter as one ONNX file, also in 8 bits' },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args, ['compare'])
    const options = {
      ...encoderOptions({ ...given, engine: 'cpu' }),
      network: oneOf('network', given.network, ['encoder', 'segmenter']),
      precision: oneOf('precision', given.precision, ['float32', 'int8']),
      size: given.size === undefined ? undefined : wholeNumber('size', given.size),
      out: given.out,
    }
    const modality = oneOf('modality', given.modality, ['rgb', 'ir'])
    if (given.compare !== undefined && (options.precision !== 'int8' || options.network !== 'encoder'))
      throw new Error('--compare is for --network encoder with --precision int8')
    const { bytes, size } = await exportNetwork(options)
    console.log(
      `${given.out}: ${(bytes / 1e6).toFixed(1)} MB, images [${options.batch}, ${size}, ${size}, 3]`,
    )
    if (given.compare === undefined) return
    const loss = await precisionLoss({ ...options, modality, images: repeated(rawArgs, 'compare') })
    console.log(
      `int8 against float32: cosine of ${loss.tokens} tokens ${loss.mean.toFixed(5)} on average, ${loss.least.toFixed(5)} at least`,
    )
  },
})
