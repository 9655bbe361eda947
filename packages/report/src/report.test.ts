import { describe, expect, it } from 'vitest'
import { layerChart, scatterChart, shareBars, shareCurves } from './charts'
import { escapeHtml, htmlTable, notices, page, pictureGrid, tiles } from './page'
import { textTable } from './text-table'

describe('a page', () => {
  it('is one file that escapes names', () => {
    const html = page('<script>', 'a & b', [
      { title: 'T', html: htmlTable({ head: ['x'], rows: [['<b>']] }) },
      undefined,
    ])
    expect(html).not.toContain('<script>')
    expect(html).toContain('<td>&lt;b&gt;</td>')
    expect(html).not.toContain('undefined')
    expect(pictureGrid('"p"', 2, [{ src: 'data:,', caption: '"c"' }])).toContain('alt="&quot;c&quot;"')
    expect(tiles([{ name: '<n>', value: '1', note: '' }])).toContain('&lt;n&gt;')
    expect(notices(['a < b'])).toContain('a &lt; b')
    expect(escapeHtml('<a & "b">')).toBe('&lt;a &amp; &quot;b&quot;&gt;')
  })

  it('has its tables in columns on a terminal too', () => {
    const table = { head: ['a', 'bb'], rows: [['long', '1']] }
    expect(textTable(table)).toBe('a     bb\n----  --\nlong   1')
  })
})

describe('charts', () => {
  const drawn = {
    scatter: scatterChart('cloud', { rgb: [[0, 1]], ir: [[2, 3]] }),
    bars: shareBars(['one'], [{ name: 'after', colour: '#0f9d8a', values: [0.5] }]),
    curves: shareCurves(
      'pr',
      ['recall', 'precision'],
      [
        {
          name: 'car',
          colour: '#0f9d8a',
          points: [
            [0, 1],
            [1, 0],
          ],
        },
      ],
    ),
    layers: layerChart('precision', [0, 1], { keys: [0.4, undefined] }, { chance: 0.3 }),
  }
  it('has a dash and no figure where a share is not defined', () => {
    const bars = (values: readonly (number | undefined)[]) =>
      shareBars(['a', 'b'], [{ name: 's', colour: '#0f9d8a', values }])
    expect(bars([0, 0.5])).toContain('>0.0<')
    for (const none of [undefined, Number.NaN]) {
      expect(bars([none, 0.5])).toMatch(/>–</)
      expect(bars([none, 0.5])).not.toContain('>0.0<')
    }
  })

  it('show shares in percent, all of the axis or as far as they reach', () => {
    const axis = (share: boolean | 'some') => layerChart('x', [0, 1], { s: [0.1, 0.2] }, { share })
    expect(axis(true)).toContain('>100 %<')
    expect(axis('some')).toContain('>20 %<')
    expect(axis('some')).not.toContain('>100 %<')
    expect(axis(false)).not.toContain(' %<')
  })

  it.each(Object.entries(drawn))('%s is SVG in the page’s own text colour', (_, svg) => {
    expect(svg).toMatch(/^<svg/)
    expect(svg).toContain('currentColor')
    expect(svg).not.toContain('#010203')
  })
})
