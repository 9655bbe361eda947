import { cosineSchedule, type OptimiserOptions, type Schedules } from '@univ/train'
import type { PretrainConfig } from './config/pretrain-schema'

type TrainConfig = PretrainConfig['train']

/**
 * Learning rate with warm-up and weight decay, both cosine over the optimiser's steps.
 * @throws Error where no update would be made.
 */
export function schedulesOf(train: TrainConfig, batchesPerEpoch: number): Schedules {
  const note = lostBatches(train, batchesPerEpoch * train.epochs)
  if (note) console.warn(note)
  tellLongWarmup('train.warmupEpochs', train.warmupEpochs, train.epochs, 'epochs')
  const { epochs, batch, accumulate, lrReferenceBatch, warmupEpochs } = train
  const stepsPerEpoch = batchesPerEpoch / accumulate
  const lr = lrReferenceBatch ? (train.lr * batch * accumulate) / lrReferenceBatch : train.lr
  const [first, last] = train.weightDecay
  return {
    lr: cosineSchedule({ base: lr, final: train.finalLr, epochs, stepsPerEpoch, warmupEpochs }),
    weightDecay: cosineSchedule({ base: first, final: last, epochs, stepsPerEpoch }),
  }
}

/** What to say of batches at the end that are too few for an update. @throws Error where all of them are */
function lostBatches({ accumulate }: TrainConfig, batches: number): string | undefined {
  const name = `train.accumulate ${accumulate}`
  if (accumulate > batches)
    throw new Error(`${name}: the run has ${batches} batches, no update would be made; at most ${batches}`)
  const lost = batches % accumulate
  if (lost === 0) return undefined
  return `${name}: of the run's ${batches} batches the last ${lost} make no update of their own, and nothing is learned from them`
}

/** Says where the learning rate never becomes what it is told to be; short tries have the defaults of long runs. */
export function tellLongWarmup(name: string, warmup: number, run: number, unit: string): void {
  if (warmup > run)
    console.warn(
      `${name} ${warmup} is more than the run's ${run} ${unit}: the learning rate never reaches train.lr`,
    )
}

export function optimiserOf({
  clip,
  accumulate,
  precision,
}: Pick<TrainConfig, 'clip' | 'accumulate' | 'precision'>): OptimiserOptions {
  return { accumulate, precision, ...(clip === null ? {} : { clip }) }
}
