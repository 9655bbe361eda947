// The shell of the reports is shared with the other apps; this app's pages take it from here.
export { colours, layerChart, scatterChart, seriesColours, shareBars, shareCurves } from '@univ/report'
