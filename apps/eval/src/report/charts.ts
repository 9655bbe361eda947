import * as echarts from 'echarts'

/** Colours of the two modalities, alike in every chart. */
export const modalityColours = { rgb: '#3b82f6', ir: '#f97316' } as const

/** A chart as SVG text, drawn without a browser. */
function draw(option: echarts.EChartsOption, width: number, height: number): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ animation: false, textStyle: { fontFamily: 'system-ui, sans-serif' }, ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** Points of both modalities in two dimensions. */
export function scatterChart(
  title: string,
  points: Readonly<Record<'rgb' | 'ir', readonly (readonly [number, number])[]>>,
): string {
  const series = (['rgb', 'ir'] as const).map((name) => ({
    type: 'scatter' as const,
    name: name === 'rgb' ? 'visible' : 'infrared',
    data: points[name].map(([x, y]) => [x, y]),
    symbolSize: 4,
    itemStyle: { color: modalityColours[name], opacity: 0.55 },
  }))
  return draw(
    {
      title: { text: title, left: 'center', textStyle: { fontSize: 14, color: '#888' } },
      legend: { bottom: 0, textStyle: { color: '#888' } },
      xAxis: { scale: true },
      yAxis: { scale: true },
      series,
    },
    460,
    400,
  )
}

/** Bars of several series over named groups. */
export function barChart(
  groups: readonly string[],
  series: Readonly<Record<string, readonly (number | undefined)[]>>,
  width = 940,
): string {
  return draw(
    {
      legend: { bottom: 0, textStyle: { color: '#888' } },
      grid: { left: 50, right: 20, top: 20, bottom: 70 },
      xAxis: {
        type: 'category',
        data: [...groups],
        axisLabel: { interval: 0, rotate: groups.length > 8 ? 30 : 0 },
      },
      yAxis: { type: 'value' },
      series: Object.entries(series).map(([name, values]) => ({
        type: 'bar' as const,
        name,
        data: values.map((value) => value ?? null),
      })),
    },
    width,
    340,
  )
}
