import type * as tf from '@tensorflow/tfjs-core'
import { features, tokenStride } from '@univ/backbone'
import {
  type CompiledProgram,
  type CompileOptions,
  compile,
  type EngineName,
  type Precision,
} from '@univ/compile'
import { batchNorms, type HostImage, segmenter, segmenterParams, type WindowNetwork } from '@univ/heads'
import { flattenTree, type HostArray, resize, type Tree, unflattenTree } from '@univ/nn'
import type { Weights } from '../objective'
import { headMaps } from './segment-model'
import type { Segmenter } from './segmenter-file'

export interface SegmenterEngine {
  readonly engine?: EngineName
  readonly threads?: number
  /** `int8` on the CPU, with weights that stay. Default `float32`. */
  readonly precision?: Precision
  /** Windows that run together; fewer are filled up. Default 1. */
  readonly batch?: number
  /** Weights will be replaced (`update`): they are then handed over with every run. Default false. */
  readonly changing?: boolean
}

/** A segmenter on an engine. */
export interface OpenSegmenter {
  /** The engine in use. */
  readonly engine: string
  /** What sides of windows must be multiples of. */
  readonly multiple: number
  /** Logits of windows of one size, as large as the windows. */
  readonly network: WindowNetwork
  /** Other weights of the same model. @throws Error where it was not opened for that. */
  update(segmenter: Segmenter): Promise<void>
  dispose(): Promise<void>
}

/** Everything that has numbers, as one tree. */
const numbersOf = ({ model, weights, statistics }: Segmenter) =>
  ({ encoder: flattenTree(model.params), head: weights, statistics }) as unknown as Tree<HostArray>

/**
 * The forward pass in inference mode: images to logits of their size. Each window size is compiled when it first comes.
 * @param side Windows of this size alone; the graph is then known at once.
 */
export function compileSegmenter(
  given: Segmenter,
  {
    batch = 1,
    changing = false,
    side,
  }: Pick<SegmenterEngine, 'batch' | 'changing'> & { readonly side?: number },
  options: CompileOptions = {},
): Promise<CompiledProgram> {
  const { head } = given
  const { config } = given.model
  const numbers = changing ? { state: numbersOf(given) } : { constants: numbersOf(given) }
  return compile(
    ({ inputs, constants, state }) => {
      const arrays = (changing ? state : constants) as unknown as Record<string, Weights<tf.Tensor>>
      const { images } = inputs
      const seen = features(images, unflattenTree(arrays.encoder!), config)
      const parts = segmenterParams(arrays.head!)
      // The auxiliary head is for training.
      const norms = batchNorms(arrays.statistics!, false)
      const { main } = segmenter(headMaps(seen, config, head), { ...parts, auxiliaryHead: undefined }, norms)
      return { outputs: { logits: resize(main, images.shape[1], images.shape[2]) } }
    },
    {
      inputs: { images: { shape: [batch, side ?? 'height', side ?? 'width', 3], dtype: 'float32' } },
      ...numbers,
    },
    options,
  )
}

/** Opens a segmenter for windows of any size. */
export async function openSegmenter(
  given: Segmenter,
  { engine, threads, precision, batch = 1, changing = false }: SegmenterEngine = {},
): Promise<OpenSegmenter> {
  const { head } = given
  const { config } = given.model
  const program = await compileSegmenter(given, { batch, changing }, { engine, threads, precision })
  return {
    engine: program.engine,
    multiple: tokenStride(config),
    async network(windows) {
      const logits: HostImage[] = []
      for (let first = 0; first < windows.length; first += batch)
        logits.push(...(await runWindows(program, windows.slice(first, first + batch), batch, head.classes)))
      return logits
    },
    async update(next) {
      if (!changing) throw new Error('openSegmenter: weights were compiled in; open it with `changing`')
      await program.writeState(numbersOf(next))
    },
    dispose: () => program.dispose(),
  }
}

async function runWindows(
  program: CompiledProgram,
  windows: readonly HostImage[],
  batch: number,
  classes: number,
): Promise<HostImage[]> {
  const { height, width } = windows[0]!
  const data = new Float32Array(batch * height * width * 3)
  windows.forEach((window, i) => void data.set(window.data, i * height * width * 3))
  const images: HostArray = { shape: [batch, height, width, 3], dtype: 'float32', data }
  const { logits } = await program.run({ images })
  const size = height * width * classes
  return windows.map((_, i) => ({
    height,
    width,
    channels: classes,
    data: (logits!.data as Float32Array).subarray(i * size, (i + 1) * size),
  }))
}
