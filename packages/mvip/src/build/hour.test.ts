import { expect, it } from 'vitest'
import type { ManifestRecord } from '../manifest/record'
import { guessedHour, isGuessedHour } from './hour'

it('hours that no source tells are guesses by brightness', () => {
  expect([guessedHour([10, 60, 30]), guessedHour([80, 90, 100])]).toEqual(['night', 'day'])
  const record = (id: string, time: ManifestRecord['time']) =>
    ({ id, time, vi: { mean: [90, 90, 90] } }) as unknown as ManifestRecord
  expect(isGuessedHour(record('a/1', 'day'), 'folders')).toBe(true)
  expect(isGuessedHour(record('a/1', null), 'folders')).toBe(false)
  expect(isGuessedHour(record('a/1D', 'day'), 'folders')).toBe(false) // its name tells
  expect(isGuessedHour(record('a/1', 'night'), 'folders')).toBe(false) // brightness does not say so
  for (const layout of ['kaist', 'mine']) expect(isGuessedHour(record('a/1', 'day'), layout)).toBe(false)
})
