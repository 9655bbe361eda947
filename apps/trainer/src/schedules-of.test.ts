import { afterEach, describe, expect, it, vi } from 'vitest'
import { pretrainSchema } from './config/pretrain-schema'
import { schedulesOf } from './schedules-of'

const train = (changes: object) =>
  pretrainSchema.parse({
    data: { roots: [{ path: 'pairs' }] },
    teacher: { checkpoint: 'teacher.pth' },
    train: { epochs: 2, ...changes },
  }).train

describe('schedules', () => {
  afterEach(() => void vi.restoreAllMocks())

  it('are refused where so many batches are accumulated that no weight would change', () => {
    expect(() => schedulesOf(train({ accumulate: 1000 }), 3)).toThrow(
      'train.accumulate 1000: the run has 6 batches, no update would be made; at most 6',
    )
    expect(() => schedulesOf(train({ accumulate: 6 }), 3)).not.toThrow()
  })

  it('say where the warm-up is longer than the run', () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    schedulesOf(train({ warmupEpochs: 2 }), 3)
    expect(said).not.toHaveBeenCalled()
    schedulesOf(train({ warmupEpochs: 5 }), 3)
    expect(said.mock.lastCall?.[0]).toBe(
      "train.warmupEpochs 5 is more than the run's 2 epochs: the learning rate never reaches train.lr",
    )
  })

  it('say how many batches at the end nothing is learned from', () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    schedulesOf(train({ accumulate: 3 }), 3) // updates go across epochs
    expect(said).not.toHaveBeenCalled()
    schedulesOf(train({ accumulate: 4 }), 3)
    expect(said.mock.lastCall?.[0]).toBe(
      "train.accumulate 4: of the run's 6 batches the last 2 make no update of their own, and nothing is learned from them",
    )
  })
})
