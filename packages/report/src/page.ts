import { style } from './style'
import type { Table } from './text-table'

/** A part of a page: heading, text and content, which is HTML already. */
export interface Section {
  readonly title: string
  readonly text?: string
  readonly html: string
}

/** A figure to be seen first. */
export interface Tile {
  readonly name: string
  readonly value: string
  readonly note: string
}

/** A picture with its caption. */
export interface Picture {
  readonly src: string
  readonly caption: string
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

/** One self-contained HTML file, light or dark as the reader's system is. */
export function page(title: string, text: string, sections: readonly (Section | undefined)[]): string {
  const body = sections.flatMap((section) =>
    section
      ? `<section><h2>${escapeHtml(section.title)}</h2>${section.text ? `<p>${escapeHtml(section.text)}</p>` : ''}${section.html}</section>`
      : [],
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><header><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></header>
${body.join('\n')}
</body></html>
`
}

/** @param strong Rows to stand out, by index. */
export function htmlTable({ head, rows }: Table, strong: ReadonlySet<number> = new Set()): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')
  const lines = rows.map((row, i) => `<tr${strong.has(i) ? ' class="strong"' : ''}>${cells('td', row)}</tr>`)
  return `<div class="scroll"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

export function tiles(items: readonly Tile[]): string {
  const each = items.map(
    ({ name, value, note }) =>
      `<div><small>${escapeHtml(name)}</small><b>${escapeHtml(value)}</b><small>${escapeHtml(note)}</small></div>`,
  )
  return `<div class="tiles">${each.join('')}</div>`
}

/** Sentences that a reader should not miss. */
export const notices = (lines: readonly string[]): string =>
  lines.map((line) => `<p class="notice">${escapeHtml(line)}</p>`).join('')

/** Pictures in columns, row by row. */
export function pictureGrid(title: string, columns: number, items: readonly Picture[]): string {
  const each = items.map(({ src, caption }) => {
    const text = escapeHtml(caption)
    return `<figure><img loading="lazy" src="${src}" alt="${text}"><figcaption>${text}</figcaption></figure>`
  })
  return `<h3>${escapeHtml(title)}</h3><div class="pictures" style="--columns:${columns}">${each.join('')}</div>`
}
