import type { CompileOptions } from './compile'
import { channelBlock } from './engines/channel-block'
import type { Graph } from './graph'
import { blockConvolutions, isTrainedConvolution } from './passes/block-convolutions'
import { removeDeadCode } from './passes/dead-code'
import { imitateBfloat16 } from './passes/imitate-bfloat16'
import { keepRoundings } from './passes/keep-roundings'
import { narrowSplits } from './passes/narrow-splits'
import { sumsAsProducts } from './passes/sums-as-products'
import { tileBatch } from './passes/tile-batch'
import type { Precision } from './precision'

/** What of `CompileOptions` matters to it. */
type Fitting = Pick<CompileOptions, 'without' | 'tileBytes'>

/**
 * What an engine runs in place of the graph: WebGPU's shaders are narrow; the CPU imitates halves that it has no kernels for,
 * and computes some things faster in another form.
 */
export async function runnable(
  graph: Graph,
  precision: Precision,
  engine: string,
  { without = [], tileBytes }: Fitting,
): Promise<Graph> {
  if (engine === 'webgpu') return narrowSplits(graph)
  if (engine !== 'cpu') return graph
  if (precision === 'float16') return keepRoundings(graph)
  if (precision === 'bfloat16') return removeDeadCode(imitateBfloat16(graph))
  // Quantised products have one scale for all images.
  const whole = without.includes('tileBatch') || precision === 'int8'
  const tiled = whole ? graph : removeDeadCode(tileBatch(graph, tileBytes))
  const trained = !without.includes('blockConvolutions') && tiled.nodes.some(isTrainedConvolution)
  const block = trained ? await channelBlock() : undefined
  const convolved = block === undefined ? tiled : blockConvolutions(tiled, block)
  return without.includes('sumsAsProducts') ? convolved : removeDeadCode(sumsAsProducts(convolved))
}
