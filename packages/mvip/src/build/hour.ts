import { layouts } from '../layouts/layouts'
import { timeBySuffix } from '../layouts/match'
import type { ManifestRecord } from '../manifest/record'

/**
 * Mean of the visible image below which it is night, 0-255. MSRS names its hours: docs/dataset.md gives how many of
 * its pairs this tells rightly. Streets under lamps are brighter: their nights pass for days.
 */
const nightMean = 55

/** Day or night by the visible image's brightness: a guess, for sources that do not tell. */
export function guessedHour(mean: readonly number[]): 'day' | 'night' {
  return mean.reduce((sum, value) => sum + value, 0) / mean.length < nightMean ? 'night' : 'day'
}

/** Layouts whose every pair's hour its source tells, whatever its name. */
const tellHours: ReadonlySet<string> = new Set(['kaist'])

/**
 * Whether a pair's hour is a guess, as far as can be told: manifests do not record it. Layouts that are not ours are
 * believed.
 * @param layout Of its root.
 */
export function isGuessedHour({ id, time, vi }: ManifestRecord, layout: string): boolean {
  const isOurs = layouts.some(({ name }) => name === layout)
  return (
    isOurs &&
    !tellHours.has(layout) &&
    time !== null &&
    vi !== null &&
    timeBySuffix(id).time === undefined &&
    time === guessedHour(vi.mean)
  )
}
