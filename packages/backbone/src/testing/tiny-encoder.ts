import { rng } from '@univ/nn'
import { initBackbone } from '../backbone'
import { mcmaeVariants } from '../configs'
import { saveBackbone } from '../load'

/** The smallest MCMAE that has all parts: three stages of one block. */
export const tinyConfig = {
  ...mcmaeVariants.tiny,
  widths: [8, 12, 16],
  depths: [1, 1, 1],
  decoder: undefined,
} as const

/** Writes one with random numbers, the same every time. */
export const writeTinyEncoder = (file: string): Promise<void> =>
  saveBackbone(file, initBackbone(tinyConfig, rng(1)), tinyConfig)
