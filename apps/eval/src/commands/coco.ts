import { writeAtomic } from '@univ/checkpoint'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import { checkWords, oneOf } from '../arguments'
import { cocoTables } from '../report/coco-tables'
import { scoreCoco } from '../score-coco'

const args = {
  'ground-truth': {
    type: 'string',
    required: true,
    description: 'images, categories and annotations in COCO’s format',
    valueHint: 'FILE',
  },
  detections: {
    type: 'string',
    required: true,
    description: 'list of detections in COCO’s result format',
    valueHint: 'FILE',
  },
  overlap: { type: 'string', default: 'box', description: 'overlap of boxes or of masks: box or mask' },
  json: { type: 'string', description: 'JSON file to write', valueHint: 'FILE' },
} as const

export default defineCommand({
  meta: { name: 'univ-eval coco', description: 'COCO’s twelve figures and per-class AP of any detections' },
  args,
  async run({ args: given, rawArgs }) {
    checkWords(rawArgs, args)
    const scores = await scoreCoco({
      truth: given['ground-truth'],
      detections: given.detections,
      overlap: oneOf('overlap', given.overlap, ['box', 'mask']),
    })
    for (const table of cocoTables(scores)) console.log(`${textTable(table)}\n`)
    if (!given.json) return
    await writeAtomic(given.json, Buffer.from(`${JSON.stringify(scores, null, 2)}\n`))
    console.log(`written: ${given.json}`)
  },
})
