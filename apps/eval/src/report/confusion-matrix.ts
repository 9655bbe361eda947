import type { Confusion } from '@univ/heads'
import { escapeHtml } from '@univ/report'

/** Shares of each true class (row) by predicted class, as a table whose cells are shaded by them. */
export function confusionMatrix({ counts, classes }: Confusion, names: readonly string[]): string {
  const head = names.map((name) => `<th>${escapeHtml(name)}</th>`).join('')
  const rows = names.flatMap((name, label) => {
    const row = counts.subarray(label * classes, (label + 1) * classes)
    const total = row.reduce((sum, count) => sum + count, 0)
    if (total === 0) return [] // the truth has none of it
    const cells = Array.from(row, (count, answer) => {
      const share = count / total
      const shade = `background:color-mix(in srgb, ${answer === label ? '#0f9d8a' : '#ee7320'} ${Math.round(70 * share)}%, transparent)`
      return `<td style="${shade}">${share < 0.0005 ? '' : (100 * share).toFixed(1)}</td>`
    })
    return [`<tr><td>${escapeHtml(name)}</td>${cells.join('')}</tr>`]
  })
  return `<div class="scroll"><table><thead><tr><th>true \\ predicted, %</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}
