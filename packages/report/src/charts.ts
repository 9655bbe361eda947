import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** Colours that are alike in every chart. */
export const colours = {
  rgb: '#2f7fe0',
  ir: '#ee7320',
  before: '#98a3b5',
  after: '#0f9d8a',
  chance: '#b9872f',
} as const

/** Colours of series that have none of their own. */
export const seriesColours = ['#c2477f', '#2f7fe0', '#0f9d8a', '#ee7320'] as const

/** Stands for the page's text colour, which is light or dark: charts are drawn once, for both. */
const ink = '#010203'
const faint = { show: true, lineStyle: { color: ink, opacity: 0.12 } } as const
const axisLine = { lineStyle: { color: ink, opacity: 0.35 } } as const

/** Room for the axes' labels inside the chart. */
const contained = { outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' } as const

/** A chart as SVG text, drawn without a browser. */
function draw(option: EChartsCoreOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({ animation: false, textStyle: { color: ink, fontFamily: 'inherit' }, ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg.replaceAll(ink, 'currentColor').replaceAll('rgb(1,2,3)', 'currentColor')
}

const titled = (text: string) => ({
  text,
  left: 'center',
  textStyle: { color: ink, fontSize: 14, fontWeight: 600 },
})
const legend = { bottom: 0, textStyle: { color: ink }, itemWidth: 14, itemHeight: 10, itemGap: 28 } as const

/** Points of both modalities in two dimensions. */
export function scatterChart(
  title: string,
  points: Readonly<Record<'rgb' | 'ir', readonly (readonly [number, number])[]>>,
): string {
  const axis = {
    scale: true,
    axisLabel: { show: false },
    axisTick: { show: false },
    splitLine: faint,
    axisLine,
  }
  return draw(
    {
      title: titled(title),
      legend,
      grid: { left: 16, right: 16, top: 44, bottom: 36 },
      xAxis: axis,
      yAxis: axis,
      series: (['rgb', 'ir'] as const).map((name) => ({
        type: 'scatter',
        name: name === 'rgb' ? 'visible' : 'infrared',
        data: points[name].map(([x, y]) => [Number(x.toFixed(2)), Number(y.toFixed(2))]),
        symbolSize: 4,
        itemStyle: { color: colours[name], opacity: 0.55 },
        silent: true,
      })),
    },
    460,
    400,
  )
}

/** Bars of one colour; a value that is undefined or no number is written as a dash. */
interface ShareSeries {
  readonly name: string
  readonly colour: string
  readonly values: readonly (number | undefined)[]
}

/** Of a value that is not there: a bar of no length without its figure. */
const noBar = { value: 0, label: { formatter: '–' } }

/** Horizontal bars of shares, several series for each name; the first name on top. */
export function shareBars(names: readonly string[], series: readonly ShareSeries[]): string {
  return draw(
    {
      legend,
      grid: { left: 280, right: 48, top: 8, bottom: 60 },
      yAxis: {
        type: 'category',
        data: [...names],
        inverse: true,
        axisTick: { show: false },
        axisLine,
        axisLabel: { color: ink },
      },
      xAxis: {
        type: 'value',
        min: 0,
        max: 1,
        axisLabel: { color: ink, formatter: (value: number) => `${Math.round(100 * value)} %` },
        splitLine: faint,
      },
      series: series.map(({ name, colour, values }) => ({
        type: 'bar',
        name,
        data: values.map((value) => (value === undefined || Number.isNaN(value) ? noBar : value)),
        itemStyle: { color: colour, borderRadius: [0, 2, 2, 0] },
        barCategoryGap: '35%',
        label: {
          show: true,
          position: 'right',
          color: ink,
          fontSize: 11,
          formatter: ({ value }: { value: number }) => `${(100 * value).toFixed(1)}`,
        },
        silent: true,
      })),
    },
    960,
    80 + names.length * (18 + 17 * series.length),
  )
}

/** A line for each source over the layers; dashed: what chance gives. */
export function layerChart(
  title: string,
  layers: readonly number[],
  series: Readonly<Record<string, readonly (number | undefined)[]>>,
  options: {
    readonly chance?: number
    /** Values are shares, of which the axis shows all; `some`: as far as they reach. Default true. */
    readonly share?: boolean | 'some'
    /** Names of the places along the axis. Default `layer 0` … */
    readonly label?: (layer: number) => string
  } = {},
): string {
  const { chance, share = true, label = (layer) => `layer ${layer}` } = options
  const palette = seriesColours
  const lines: Readonly<Record<string, unknown>>[] = Object.entries(series).map(([name, values], i) => ({
    type: 'line',
    name,
    data: values.map((value) => value ?? null),
    itemStyle: { color: palette[i % palette.length] },
    lineStyle: { width: 2.5 },
    symbol: 'circle',
    symbolSize: 7,
    silent: true,
  }))
  if (chance !== undefined)
    lines.push({
      type: 'line',
      name: 'chance',
      data: layers.map(() => chance),
      symbol: 'none',
      itemStyle: { color: colours.chance },
      lineStyle: { type: 'dashed', width: 1.5 },
      silent: true,
    })
  return draw(
    {
      title: titled(title),
      legend,
      grid: { left: 8, right: 16, top: 40, bottom: 36, ...contained },
      xAxis: {
        type: 'category',
        data: layers.map(label),
        axisLabel: { color: ink },
        axisLine,
        axisTick: { show: false },
      },
      yAxis: {
        type: 'value',
        min: 0,
        ...(share === true ? { max: 1 } : {}),
        axisLabel: {
          color: ink,
          formatter: (value: number) => (share ? `${Math.round(100 * value)} %` : `${value}`),
        },
        splitLine: faint,
      },
      series: lines,
    },
    460,
    320,
  )
}

/** Curves over shares from 0 to 1, such as precision over recall. */
export function shareCurves(
  title: string,
  axes: readonly [x: string, y: string],
  series: readonly {
    readonly name: string
    readonly colour: string
    readonly points: readonly (readonly [number, number])[]
  }[],
): string {
  const axis = (name: string) => ({
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 26,
    nameTextStyle: { color: ink },
    min: 0,
    max: 1,
    axisLabel: { color: ink, formatter: (value: number) => `${Math.round(100 * value)} %` },
    splitLine: faint,
    axisLine,
  })
  return draw(
    {
      title: titled(title),
      legend,
      grid: { left: 44, right: 20, top: 40, bottom: 66 },
      xAxis: axis(axes[0]),
      yAxis: { ...axis(axes[1]), nameGap: 38 },
      series: series.map(({ name, colour, points: data }) => ({
        type: 'line',
        name,
        data: data.map(([x, y]) => [x, Number(y.toFixed(4))]),
        symbol: 'none',
        itemStyle: { color: colour },
        lineStyle: { width: 2 },
        silent: true,
      })),
    },
    460,
    340,
  )
}
