import type { LoadedBackbone } from '@univ/backbone'
import type { EngineName, Precision } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { compileEncoder, type WantedOutputs } from '@univ/train'

type Arrays = Readonly<Record<string, HostArray>>

/** An encoder compiled for one image size. */
export interface Encoder {
  readonly batch: number
  /** The engine in use. */
  readonly engine: string
  /** @param images Normalised, up to `batch` of them: `[images, height, width, 3]`. */
  run(images: readonly Float32Array[]): Promise<Arrays>
  dispose(): Promise<void>
}

/** Compiles an encoder; a smaller last batch is filled up with zeros, whose results are cut off. */
export async function openEncoder(
  backbone: LoadedBackbone,
  options: {
    readonly size: readonly [height: number, width: number]
    readonly batch: number
    readonly engine: EngineName
    readonly wanted: WantedOutputs
    readonly precision?: Precision
    /** Opened with the first image. */
    readonly lazy?: boolean
  },
): Promise<Encoder> {
  const { size, batch } = options
  const shape = [batch, ...size, 3]
  const pixels = size[0] * size[1] * 3
  const program = await compileEncoder(backbone, options, {
    engine: options.engine,
    precision: options.precision,
    lazy: options.lazy,
  })
  return {
    batch,
    engine: program.engine,
    async run(images) {
      const data = new Float32Array(batch * pixels)
      images.forEach((image, i) => void data.set(image, i * pixels))
      const outputs = await program.run({ images: { shape, dtype: 'float32', data } })
      const cut = (array: HostArray): HostArray => ({
        ...array,
        shape: [images.length, ...array.shape.slice(1)],
        data: array.data.slice(0, (array.data.length / batch) * images.length),
      })
      return Object.fromEntries(Object.entries(outputs).map(([name, array]) => [name, cut(array)]))
    },
    dispose: () => program.dispose(),
  }
}

/** Encodes many images in batches; the next batch is decoded while one runs. */
export async function* encodeImages(
  encoder: Encoder,
  count: number,
  load: (index: number) => Promise<Float32Array>,
): AsyncGenerator<{ readonly first: number; readonly images: number; readonly outputs: Arrays }> {
  const { batch } = encoder
  const decode = (first: number) => {
    const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i)
    const images = Promise.all(indices.map(load))
    images.catch(() => undefined) // reported when its turn comes, not as an unhandled rejection
    return images
  }
  let next = count > 0 ? decode(0) : undefined
  for (let first = 0; first < count; first += batch) {
    const images = await next!
    if (first + batch < count) next = decode(first + batch)
    yield { first, images: images.length, outputs: await encoder.run(images) }
  }
}

/** Results of all images in one array, in order. */
export async function encodeAll<Name extends string>(
  encoder: Encoder,
  count: number,
  load: (index: number) => Promise<Float32Array>,
  names: readonly Name[],
  onImages: (images: number) => void = () => undefined,
): Promise<Readonly<Record<Name, HostArray & { readonly data: Float32Array }>>> {
  const joined = new Map<Name, { shape: readonly number[]; dtype: 'float32'; data: Float32Array }>()
  for await (const { first, images, outputs } of encodeImages(encoder, count, load)) {
    for (const name of names) {
      const { shape, data } = outputs[name]!
      const each = data.length / images
      const whole = joined.get(name) ?? {
        shape: [count, ...shape.slice(1)],
        dtype: 'float32',
        data: new Float32Array(count * each),
      }
      joined.set(name, whole)
      whole.data.set(data as Float32Array, first * each)
    }
    onImages(images)
  }
  return Object.fromEntries(joined) as Record<Name, HostArray & { readonly data: Float32Array }>
}
