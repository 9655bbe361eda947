import { defineCommand } from 'citty'
import { checkWords, encoderArguments, encoderOptions, oneOf, repeated, wholeNumber } from '../arguments'
import { extractFeatures } from '../features'

const args = {
  ...encoderArguments,
  modality: { type: 'string', required: true, description: 'rgb or ir: how pixels are normalised' },
  image: {
    type: 'string',
    required: true,
    description: 'images; several may follow, or the flag repeats',
    valueHint: 'FILE …',
  },
  size: { type: 'string', description: 'bring images to this side; default: as they are', valueHint: 'N' },
  out: { type: 'string', required: true, description: 'safetensors file to write', valueHint: 'FILE' },
} as const

export default defineCommand({
  meta: { name: 'univ-eval features', description: 'tokens and last attention of images, as safetensors' },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args, ['image'])
    const shapes = await extractFeatures({
      ...encoderOptions(given),
      modality: oneOf('modality', given.modality, ['rgb', 'ir']),
      images: repeated(rawArgs, 'image'),
      size: given.size === undefined ? undefined : wholeNumber('size', given.size),
      out: given.out,
    })
    console.log(
      `${given.out}: tokens [${shapes.tokens.join(', ')}], attention [${shapes.attention.join(', ')}]`,
    )
  },
})
