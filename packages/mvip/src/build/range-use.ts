import { isWide } from '../open-image'
import type { ThermalRange } from '../thermal-range'
import type { JournalEntry } from './journal'

/**
 * Looks whether a thermal range fits the images: one in other units (degrees for centikelvin) makes all of them black or
 * white, and one for images of 8 bits does nothing.
 * @throws Error where no infrared image has more than 8 bits, or none has a value within the range.
 */
export async function checkRangeUse(
  entries: AsyncIterable<JournalEntry>,
  range: ThermalRange,
): Promise<void> {
  let wide = 0
  for await (const { result } of entries) {
    if ('problem' in result || !result.ir || !isWide(result.ir.depth)) continue
    wide++
    // Clipped on one side alone.
    const [mean, std] = [result.ir.mean[0], result.ir.std[0]]
    if (std !== 0 || (mean !== 0 && mean !== 255)) return
  }
  throw new Error(
    wide === 0
      ? `thermalRange ${range}: no infrared image has more than 8 bits, so there is nothing to scale`
      : `thermalRange ${range}: the values of all ${wide} infrared images of more than 8 bits lie on one side of it; it is in the units of the files`,
  )
}
