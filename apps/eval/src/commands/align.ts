import { writeAtomic } from '@univ/checkpoint'
import { defineCommand } from 'citty'
import { measureAlignment } from '../alignment'
import {
  asEngine,
  engineArgument,
  numberList,
  progressLine,
  readStems,
  repeated,
  wholeNumber,
} from '../options'
import { alignmentPage } from '../report/alignment-page'
import { alignmentTable } from '../report/alignment-table'
import { textTable } from '../report/page'

export default defineCommand({
  meta: { name: 'align', description: 'how well infrared and visible features agree on held-out pairs' },
  args: {
    checkpoint: { type: 'string', required: true, description: 'encoder: torch .pth or safetensors' },
    teacher: { type: 'string', description: 'the encoder before pre-training, to compare with' },
    heads: { type: 'string', description: 'attention heads, where no preset has the sizes' },
    data: { type: 'string', required: true, description: 'folders of pairs; several may follow' },
    only: { type: 'string', description: 'file of stems to use, one a line (a split)' },
    labels: {
      type: 'string',
      description: 'folder of label PNGs for the probe; default: clusters of RGB tokens',
    },
    ignore: { type: 'string', default: '', description: 'class ids that do not count, e.g. 11' },
    size: { type: 'string', default: '224', description: 'side of the images' },
    limit: { type: 'string', default: '100', description: 'pairs at most' },
    shift: { type: 'string', default: '2,2', description: 'rows,columns of patches between shifted views' },
    json: { type: 'string', description: 'JSON file to write' },
    report: { type: 'string', description: 'HTML file to write' },
    engine: engineArgument,
  },
  async run({ args, rawArgs }) {
    const [rows = 2, columns = 2] = numberList('shift', args.shift)
    const shared = {
      checkpoint: args.checkpoint,
      heads: args.heads ? wholeNumber('heads', args.heads) : undefined,
      size: wholeNumber('size', args.size),
      engine: asEngine(args.engine),
    }
    const alignment = await measureAlignment({
      ...shared,
      teacher: args.teacher,
      data: repeated(rawArgs, 'data'),
      only: readStems(args.only),
      labels: args.labels,
      ignore: numberList('ignore', args.ignore),
      limit: wholeNumber('limit', args.limit, 2),
      shift: { rows, columns },
      onProgress: progressLine('encoding pairs'),
    })
    const { head, rows: cells } = alignmentTable(alignment)
    console.log(textTable(head, cells))
    const { pairs, encoded: _, labels: __, ...figures } = alignment
    if (args.json)
      await writeAtomic(
        args.json,
        Buffer.from(`${JSON.stringify({ ...figures, pairs: pairs.map(({ id }) => id) }, null, 2)}\n`),
      )
    if (args.report) await writeAtomic(args.report, Buffer.from(await alignmentPage(alignment, shared)))
    for (const file of [args.json, args.report]) if (file) console.log(`written: ${file}`)
  },
})
