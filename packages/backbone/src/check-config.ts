import { ShapeError } from '@univ/nn'
import type { BackboneConfig } from './configs'

/** Far above any published model; what a file's metadata or names may claim at most. */
const limits = {
  relativePosition: 4096,
  width: 2 ** 16,
  depth: 1024,
  heads: 1024,
  image: 2 ** 16,
  patch: 1024,
  registers: 1024,
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function whole(value: unknown, name: string, limit: number, least = 1): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > limit)
    throw new ShapeError(
      `backbone config: ${name} is ${JSON.stringify(value)}, wanted a whole number from ${least} to ${limit}`,
    )
  return value as number
}

function truth(value: unknown, name: string): void {
  if (typeof value !== 'boolean')
    throw new ShapeError(`backbone config: ${name} is ${JSON.stringify(value)}, wanted true or false`)
}

function multiple(value: number, name: string, of: number, ofName: string): void {
  if (value % of)
    throw new ShapeError(`backbone config: ${name} ${value} is not a multiple of ${ofName} ${of}`)
}

function triple(value: unknown, name: string, limit: number): [number, number, number] {
  if (!Array.isArray(value) || value.length !== 3)
    throw new ShapeError(`backbone config: ${name} is ${JSON.stringify(value)}, wanted three numbers`)
  // A stage of MCMAE may have no blocks of its own but the last, which gives tokens and attention.
  const least = (i: number) => (name === 'depths' && i < 2 ? 0 : 1)
  return value.map((item, i) => whole(item, `${name}[${i}]`, limit, least(i))) as [number, number, number]
}

function checkDecoder(decoder: Fields): void {
  const width = whole(decoder.width, 'decoder.width', limits.width)
  const heads = whole(decoder.heads, 'decoder.heads', limits.heads)
  multiple(width, 'decoder.width', heads, 'decoder.heads')
  whole(decoder.depth, 'decoder.depth', limits.depth)
}

/** Fields that fine-tuning adds, where they are there. */
function checkTuning({ relativePosition, epsilon, layerScale }: Fields): void {
  if (relativePosition !== undefined) whole(relativePosition, 'relativePosition', limits.relativePosition)
  if (layerScale !== undefined) truth(layerScale, 'layerScale')
  if (epsilon !== undefined && !(typeof epsilon === 'number' && epsilon > 0 && epsilon < 1))
    throw new ShapeError(
      `backbone config: epsilon is ${JSON.stringify(epsilon)}, wanted a number between 0 and 1`,
    )
}

/**
 * A configuration that came from outside: a file's metadata, or sizes read off its tensors.
 * @throws ShapeError naming the field, what it is and what it may be.
 */
export function checkConfig(config: unknown): BackboneConfig {
  if (!isRecord(config) || (config.family !== 'mcmae' && config.family !== 'vit'))
    throw new ShapeError(
      `backbone config: family is ${JSON.stringify(isRecord(config) ? config.family : config)}, wanted "mcmae" or "vit"`,
    )
  const image = whole(config.image, 'image', limits.image)
  const heads = whole(config.heads, 'heads', limits.heads)
  checkTuning(config)
  if (config.family === 'mcmae') {
    const widths = triple(config.widths, 'widths', limits.width)
    triple(config.depths, 'depths', limits.depth)
    multiple(widths[2], 'widths[2]', heads, 'heads')
    multiple(image, 'image', 16, 'the stride')
    if (config.decoder !== undefined) checkDecoder(isRecord(config.decoder) ? config.decoder : {})
  } else {
    multiple(whole(config.width, 'width', limits.width), 'width', heads, 'heads')
    multiple(image, 'image', whole(config.patch, 'patch', limits.patch), 'patch')
    whole(config.depth, 'depth', limits.depth)
    whole(config.registers, 'registers', limits.registers, 0)
    truth(config.classToken, 'classToken')
    truth(config.layerScale, 'layerScale')
  }
  return config as unknown as BackboneConfig
}
