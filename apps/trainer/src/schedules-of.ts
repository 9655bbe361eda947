import { cosineSchedule, type OptimiserOptions, type Schedules } from '@univ/train'
import type { PretrainConfig } from './config/pretrain-schema'

type TrainConfig = PretrainConfig['train']

/** Learning rate with warm-up and weight decay, both cosine over the optimiser's steps. */
export function schedulesOf(train: TrainConfig, batchesPerEpoch: number): Schedules {
  const { epochs, batch, accumulate, lrReferenceBatch, warmupEpochs } = train
  const stepsPerEpoch = batchesPerEpoch / accumulate
  const lr = lrReferenceBatch ? (train.lr * batch * accumulate) / lrReferenceBatch : train.lr
  const [first, last] = train.weightDecay
  return {
    lr: cosineSchedule({ base: lr, final: train.finalLr, epochs, stepsPerEpoch, warmupEpochs }),
    weightDecay: cosineSchedule({ base: first, final: last, epochs, stepsPerEpoch }),
  }
}

export function optimiserOf({
  clip,
  accumulate,
  precision,
}: Pick<TrainConfig, 'clip' | 'accumulate' | 'precision'>): OptimiserOptions {
  return { accumulate, precision, ...(clip === null ? {} : { clip }) }
}
