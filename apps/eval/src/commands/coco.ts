import { command, flag, oneOf, text } from '@univ/command-line'
import { textTable } from '@univ/report'
import { cocoTables } from '../report/coco-tables'
import { scoreCoco } from '../score-coco'
import { reportFlags } from '../shared-flags'
import { writeResults } from '../write-results'

export default command({
  name: 'coco',
  description: 'COCO’s twelve figures and per-class AP of any detections',
  flags: {
    'ground-truth': flag(text, {
      file: 'read',
      required: true,
      description: 'images, categories and annotations in COCO’s format',
      valueHint: 'FILE',
    }),
    detections: flag(text, {
      file: 'read',
      required: true,
      description: 'list of detections in COCO’s result format',
      valueHint: 'FILE',
    }),
    overlap: flag(oneOf(['box', 'mask']), {
      default: 'box',
      description: 'overlap of boxes or of masks: box or mask',
    }),
    json: reportFlags.json,
  },
  async run({ 'ground-truth': truth, detections, overlap, json }) {
    const scores = await scoreCoco({ truth, detections, overlap })
    console.log(
      cocoTables(scores)
        .map((table) => textTable(table))
        .join('\n\n'),
    )
    await writeResults({ json }, scores)
  },
})
