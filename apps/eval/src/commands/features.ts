import { defineCommand } from 'citty'
import { extractFeatures } from '../features'
import { asEngine, engineArgument, repeated, wholeNumber } from '../options'

export default defineCommand({
  meta: { name: 'features', description: 'tokens and last attention of images, as safetensors' },
  args: {
    checkpoint: { type: 'string', required: true, description: 'encoder: torch .pth or safetensors' },
    heads: { type: 'string', description: 'attention heads, where no preset has the sizes' },
    modality: { type: 'string', required: true, description: 'rgb or ir' },
    image: { type: 'string', required: true, description: 'images; several may follow' },
    size: { type: 'string', description: 'bring images to this side; default: as they are' },
    out: { type: 'string', required: true, description: 'safetensors file to write' },
    engine: engineArgument,
  },
  async run({ args, rawArgs }) {
    if (args.modality !== 'rgb' && args.modality !== 'ir')
      throw new Error(`--modality ${args.modality}: rgb or ir is wanted`)
    const shapes = await extractFeatures({
      checkpoint: args.checkpoint,
      heads: args.heads ? wholeNumber('heads', args.heads) : undefined,
      modality: args.modality,
      images: repeated(rawArgs, 'image'),
      size: args.size ? wholeNumber('size', args.size) : undefined,
      out: args.out,
      engine: asEngine(args.engine),
    })
    console.log(`${args.out}: tokens [${shapes.tokens}], attention [${shapes.attention}]`)
  },
})
