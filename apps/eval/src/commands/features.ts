import { command, flag, outputFile, range, several, text } from '@univ/command-line'
import { extractFeatures } from '../features'
import { encoderFlags, modality, side } from '../shared-flags'

export default command({
  name: 'features',
  description: 'tokens and last attention of images, as safetensors',
  flags: {
    ...encoderFlags,
    modality: flag(modality, { required: true, description: 'rgb or ir: how pixels are normalised' }),
    image: several(text, {
      file: 'read',
      required: true,
      description: 'images; several may follow, or the flag repeats',
      valueHint: 'FILE …',
    }),
    size: flag(side, {
      description: 'bring images to this side; default: as they are',
      valueHint: 'N',
    }),
    'thermal-range': flag(range, {
      description:
        'for 16-bit and float infrared: as the dataset was built; default: each image’s percentiles',
      valueHint: 'LOW,HIGH',
    }),
    out: flag(outputFile, {
      file: 'written',
      required: true,
      description: 'safetensors file to write',
      valueHint: 'FILE',
    }),
  },
  async run({ image: images, 'thermal-range': thermalRange, ...given }) {
    const { tokens, attention } = await extractFeatures({ ...given, images, thermalRange })
    console.log(`${given.out}: tokens [${tokens.join(', ')}], attention [${attention.join(', ')}]`)
  },
})
