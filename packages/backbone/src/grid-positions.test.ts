import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { gridPositions } from './grid-positions'

beforeAll(() => tf.setBackend('cpu'))

describe('positions of a grid of patches', () => {
  // Two numbers a place: its row and its column.
  const side = 4
  const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side])
  const stored = tf.tensor3d([places])

  it('are the stored ones at the trained size', () => {
    expect(gridPositions(stored, side, side)).toBe(stored)
  })

  it('lie between them on a finer grid, rows and columns for themselves', async () => {
    const [finer] = await gridPositions(stored, 8, 4).array()
    expect(finer).toHaveLength(32)
    const [row, column] = finer![3 * 4 + 2]! // the middle of fine row 3 is at 1.25 coarse rows
    expect(row).toBeCloseTo(1.25, 1)
    expect(column).toBeCloseTo(2, 5)
  })
})
