import { segmentSchema } from '../config/segment-schema'
import { segment } from '../segment'
import { reportSegmentation } from '../segment-report'
import { downstreamCommand } from './downstream-command'

export default downstreamCommand({
  name: 'segment',
  description: 'Train UPerNet or a linear probe on an encoder, from pixel labels',
  unit: 'scenes',
  schema: segmentSchema,
  train: segment,
  report: reportSegmentation,
})
