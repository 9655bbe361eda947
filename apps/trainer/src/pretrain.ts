import { tokenStride } from '@univ/backbone'
import { counted } from '@univ/command-line'
import type { EngineName } from '@univ/compile'
import {
  checkDistinct,
  joinSources,
  openPairLoader,
  openSource,
  type PairBatch,
  type PairSource,
  readStems,
  thinSource,
} from '@univ/mvip'
import { type BackboneWeights, checkPair, fitLogits, materialOf, pretrainRecipe } from '@univ/train'
import type { PretrainConfig } from './config/pretrain-schema'
import { decodingOf } from './decoding-of'
import { readBackbone } from './read-backbone'
import { runOptions } from './run-options'
import { optimiserOf, schedulesOf } from './schedules-of'
import { checkRunFolder, type Outcome, type RunFlags, supervisedRun } from './supervised-run'

/** Pre-trains a student on pairs: UNIV's main job. */
export async function pretrain(config: PretrainConfig, flags: RunFlags): Promise<Outcome> {
  checkRunFolder(flags)
  const { data, train, logits, loss } = config
  const pairs = await pairsOf(data)
  const teacher = await readBackbone(config.teacher, 'teacher')
  const student = config.student ? await readBackbone(config.student, 'student') : teacher
  checkPair(teacher, student, data.size, data.shift) // before logits are fitted
  const material = await materialOf(
    { teacher: config.teacher.checkpoint, student: config.student?.checkpoint },
    { unit: 'pairs', count: pairs.count, name: (index) => pairs.pair(index).id },
  )
  const { irInfo, ...terms } = loss
  const decoding = decodingOf(data)
  const start =
    logits.kind === 'fitted' && !flags.resume ? await fittedLogits(config, pairs, teacher, decoding) : logits
  const recipe = pretrainRecipe({
    teacher,
    student,
    batch: train.batch,
    size: data.size,
    seed: config.seed,
    lora: config.lora ?? undefined,
    labels: config.labels,
    logits:
      logits.kind === 'fixed'
        ? { temperature: logits.temperature }
        : { scale: start.scale, bias: start.bias },
    loss: terms,
    irInfo,
    dropPath: train.dropPath,
    shift: data.shift,
  })
  const { augment } = data
  const size = data.size + data.shift * tokenStride(teacher.config)
  const loader = openPairLoader({
    source: pairs,
    batch: train.batch,
    size,
    augment,
    ...decoding,
    seed: config.seed,
    reuse: true, // a step is over before the next batch is asked for
  })
  console.log(`${counted(pairs.count, 'pair')}; teacher ${config.teacher.checkpoint}`)
  try {
    return await supervisedRun<PairBatch>(
      {
        ...runOptions(config, flags),
        material,
        recipe,
        source: loader,
        optimiser: optimiserOf(train),
        schedules: schedulesOf(train, loader.batchesPerEpoch),
        epochs: train.epochs,
      },
      { batch: train.batch, unit: 'pairs' },
    )
  } finally {
    await loader.close()
    pairs.close()
  }
}

/** Pairs, about, that the start of the logits is fitted on. */
const fittedPairs = 64

/** Where `fitted` logits start: whole images, spread over all of them. A resumed run has its own values. */
async function fittedLogits(
  { data, train, labels, engine, threads, seed }: PretrainConfig,
  pairs: PairSource,
  teacher: BackboneWeights,
  decoding: ReturnType<typeof decodingOf>,
) {
  const { batch } = train
  const every = Math.max(1, Math.floor(pairs.count / Math.max(fittedPairs, batch)))
  const loader = openPairLoader({
    source: thinSource(pairs, every),
    batch,
    size: data.size,
    ...decoding,
    shuffle: false,
    seed,
    reuse: true,
  })
  async function* images() {
    for await (const { rgb } of loader.batches(0)) yield rgb
  }
  try {
    const shared = { teacher, labels, batch, size: data.size, engine: engine as EngineName, threads }
    const fit = await fitLogits(images(), shared)
    console.log(
      `logits start at scale ${fit.scale.toFixed(2)}, bias ${fit.bias.toFixed(2)}: the teacher's own labels to ${fit.loss.toFixed(4)}`,
    )
    return fit
  } finally {
    await loader.close()
  }
}

/** The pairs of all roots, whatever they are: folders, built datasets, shards. */
async function pairsOf({ roots, layout, onBad }: PretrainConfig['data']): Promise<PairSource> {
  checkDistinct(roots)
  const sources: PairSource[] = []
  for (const { path, list, split } of roots) {
    const only = list === undefined ? undefined : readStems(list)
    const source = await openSource(path, {
      split,
      layout,
      onBad,
      only,
      onProblem: ({ file, problem }) => console.warn(`skipped ${file}: ${problem}`),
    })
    if (source.count === 0) throw new Error(`${path}: no pairs${list ? ` of those listed in ${list}` : ''}`)
    if (only && source.count * 2 < only.size)
      console.warn(
        `${path}: ${source.count} pairs of the ${only.size} names in ${list}; the others are not there or of another split`,
      )
    sources.push(source)
  }
  return joinSources(sources)
}
