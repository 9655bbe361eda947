import { GraphBuilder } from '../graph'
import { openSession } from './onnxruntime'

let known: Promise<number | undefined> | undefined

/**
 * How many channels ONNX Runtime's convolutions over channels in blocks take at once on this processor (8 or 16), found by
 * letting it reorder some; `undefined` where it has no such convolutions.
 */
export const channelBlock = (): Promise<number | undefined> => {
  known ??= probe().catch(() => undefined)
  return known
}

/** Two pixels of 64 channels: in blocks, the second pixel's first channel comes after one block of the first's. */
async function probe(): Promise<number | undefined> {
  const shape = [1, 64, 1, 2]
  const build = new GraphBuilder()
  const x = build.input('x', shape, 'float32')
  const y = build.emit('ReorderInput', [x], shape, 'float32', {}, 'com.microsoft.nchwc')
  const session = await openSession({ nodes: build.nodes, inputs: build.inputs, outputs: { y } }, 'cpu', {
    threads: 1,
  })
  const data = Float32Array.from({ length: 128 }, (_, i) => i)
  const results = await session.run({ x: { shape, dtype: 'float32', data } })
  await session.dispose()
  const second = (results.y as { data: Float32Array }).data.indexOf(1)
  return [4, 8, 16, 32].includes(second) ? second : undefined
}
