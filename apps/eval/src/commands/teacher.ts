import { writeAtomic } from '@univ/checkpoint'
import { defineCommand } from 'citty'
import { asEngine, engineArgument, numberList, wholeNumber } from '../options'
import { textTable } from '../report/page'
import { teacherPage, teacherTable } from '../report/teacher-page'
import { measureTeacher } from '../teacher-quality'

export default defineCommand({
  meta: { name: 'teacher', description: 'how good an encoder’s pseudo-labels are, per layer and source' },
  args: {
    checkpoint: { type: 'string', required: true, description: 'encoder: torch .pth or safetensors' },
    heads: { type: 'string', description: 'attention heads, where no preset has the sizes' },
    data: { type: 'string', required: true, description: 'folder of pairs, or of images/ and labels/' },
    labels: { type: 'string', description: 'folder of label PNGs with the images’ stems' },
    ignore: { type: 'string', default: '', description: 'class ids that do not count, e.g. 11' },
    size: { type: 'string', default: '224', description: 'side of the images' },
    limit: { type: 'string', default: '60', description: 'images at most' },
    json: { type: 'string', description: 'JSON file to write' },
    report: { type: 'string', description: 'HTML file to write' },
    engine: engineArgument,
  },
  async run({ args }) {
    const { rows, images } = await measureTeacher({
      checkpoint: args.checkpoint,
      heads: args.heads ? wholeNumber('heads', args.heads) : undefined,
      data: args.data,
      labels: args.labels,
      ignore: numberList('ignore', args.ignore),
      size: wholeNumber('size', args.size),
      limit: wholeNumber('limit', args.limit),
      engine: asEngine(args.engine),
    })
    const { head, rows: cells } = teacherTable(rows)
    console.log(textTable(head, cells))
    if (args.json) await writeAtomic(args.json, Buffer.from(`${JSON.stringify({ images, rows }, null, 2)}\n`))
    if (args.report) await writeAtomic(args.report, Buffer.from(teacherPage(rows, images)))
    for (const file of [args.json, args.report]) if (file) console.log(`written: ${file}`)
  },
})
