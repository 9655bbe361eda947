/** `59.9 %`; `–` where there is no value. */
export const percent = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '–' : `${(100 * value).toFixed(1)} %`

/** Three decimals. */
export const plain = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3))

/** `+2.3 points`. */
export function points(difference: number): string {
  const value = (100 * Math.abs(difference)).toFixed(1)
  return `${difference < 0 && value !== '0.0' ? '−' : '+'}${value} points`
}

/** A difference of plain numbers, `+0.123`. */
export const change = (difference: number): string =>
  `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(3)}`
