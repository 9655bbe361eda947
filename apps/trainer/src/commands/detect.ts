import { detectSchema } from '../config/detect-schema'
import { trainDetector } from '../detect'
import { reportDetection } from '../detect-report'
import { downstreamCommand } from './downstream-command'

export default downstreamCommand({
  name: 'detect',
  description: 'Train Faster R-CNN on an encoder, from boxes',
  unit: 'images',
  schema: detectSchema,
  train: trainDetector,
  report: reportDetection,
})
