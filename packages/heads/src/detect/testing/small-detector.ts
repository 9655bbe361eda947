import * as tf from '@tensorflow/tfjs-core'
import { compile, type EngineName } from '@univ/compile'
import { type HostArray, rng } from '@univ/nn'
import { detectorVariants } from '../detector-config'
import { detect, detectionLosses, detectorParams, initDetector, uniformCount } from '../faster-rcnn'

// Test support: a detector of a few channels, with masks, on random maps of two images.

export const config = {
  ...detectorVariants.small,
  classes: 2,
  channels: 8,
  boxWidth: 16,
  rpnSamples: 16,
  regionSamples: 8,
  candidates: 30,
  proposals: 12,
  detections: 5,
  maskConvs: 1,
}
export const stages = [
  { stride: 4, channels: 3 },
  { stride: 8, channels: 4 },
  { stride: 16, channels: 5 },
]
const size = [64, 96] as const
const slots = 3
const draw = (shape: readonly number[], stream: string): HostArray => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (
      (random) => () =>
        random.normal()
    )(rng(1, stream)),
  ),
})
export const maps = Object.fromEntries(
  stages.map(({ stride, channels }, i) => [
    `map${i}`,
    draw([2, size[0] / stride, size[1] / stride, channels], `map${i}`),
  ]),
)
export const uniforms = uniformCount(size, slots, config)
export const inputs: Record<string, HostArray> = {
  ...maps,
  boxes: {
    shape: [2, slots, 4],
    dtype: 'float32',
    data: Float32Array.of(8, 8, 40, 40, 50, 20, 90, 60, 0, 0, 0, 0, 4, 4, 20, 30, 0, 0, 0, 0, 0, 0, 0, 0),
  },
  classes: { shape: [2, slots], dtype: 'int32', data: Int32Array.of(0, 1, 0, 1, 0, 0) },
  valid: { shape: [2, slots], dtype: 'float32', data: Float32Array.of(1, 1, 0, 1, 0, 0) },
  masks: {
    shape: [2, slots, 16, 24],
    dtype: 'float32',
    data: Float32Array.from({ length: 2 * slots * 16 * 24 }, (_, i) => Number(i % 7 < 4)),
  },
  uniform: {
    shape: [2, uniforms],
    dtype: 'float32',
    data: rng(2).fillUniform(new Float32Array(2 * uniforms)),
  },
}
const specs = Object.fromEntries(
  Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
)
const state = initDetector(config, stages, rng(3))
export const featureMaps = (given: Readonly<Record<string, tf.Tensor>>) =>
  stages.map(({ stride }, i) => ({ stride, values: given[`map${i}`] as tf.Tensor4D }))

type Program = Parameters<typeof compile>[0]

/** All losses, and the gradient of their sum in the finest map. */
export const lossProgram: Program = ({ inputs: given, state: params }) => {
  let last: Readonly<Record<string, tf.Tensor>> = {}
  const total = (first: tf.Tensor) => {
    const losses = detectionLosses(
      [{ stride: 4, values: first as tf.Tensor4D }, ...featureMaps(given).slice(1)],
      detectorParams(params),
      config,
      given as never,
      given.uniform as tf.Tensor2D,
    )
    last = Object.fromEntries(Object.entries(losses).map(([name, loss]) => [name, tf.keep(loss)]))
    return losses.total
  }
  const { grad } = tf.valueAndGrad(total)(given.map0!)
  return { outputs: { ...last, gradient: grad } }
}

/** Detections from a score on that some of a random detector's reach. */
export const findProgram: Program = ({ inputs: given, state: params }) => ({
  outputs: {
    ...detect(featureMaps(given), detectorParams(params), { ...config, scoreThreshold: 0.33 }),
  },
})

export const open = (program: Program, given: Readonly<Record<string, HostArray>>, engine: EngineName) =>
  compile(
    program,
    { inputs: Object.fromEntries(Object.keys(given).map((name) => [name, specs[name]!])), state },
    { engine },
  )

/** A program's outputs on an engine. */
export async function outputsOn(
  program: Program,
  given: Readonly<Record<string, HostArray>>,
  engine: EngineName,
): Promise<Readonly<Record<string, HostArray>>> {
  const compiled = await open(program, given, engine)
  const outputs = await compiled.run(given)
  await compiled.dispose()
  return outputs
}

/** Largest difference, over the largest value. */
export function difference(a: HostArray, b: HostArray): number {
  const scale = Math.max(1e-6, ...b.data.map(Math.abs))
  return Math.max(...Array.from(a.data, (value, i) => Math.abs(value - b.data[i]!))) / scale
}
