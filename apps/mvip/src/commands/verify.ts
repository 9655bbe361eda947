import { command, counted, flag, listOf, toggle, wholeNumber, withProgress } from '@univ/command-line'
import { verifyDataset } from '@univ/mvip'
import { dataset, workersFlag } from '../dataset-flags'

export default command({
  name: 'verify',
  description: 'compare a dataset’s images with its manifest, and label maps and boxes with the images',
  operands: { ...dataset, description: 'folder of a built dataset, or of shards' },
  flags: {
    quick: toggle({ default: false, description: 'look at presence and size only, read nothing' }),
    json: toggle({ default: false, description: 'print the findings as JSON' }),
    ignore: flag(listOf(wholeNumber(0), { mayBeEmpty: true }), {
      default: '',
      description: 'ids in label maps that stand for no class, e.g. 11,255',
      valueHint: 'IDS',
    }),
    workers: workersFlag,
  },
  async run({ quick, json, ignore, workers }, { operands: [folder = ''] }) {
    const report = await withProgress(
      'verifying',
      (onProgress) => verifyDataset(folder, { quick, ignore, workers, onProgress }),
      { unit: 'pairs' },
    )
    const { pairs, images, annotations, findings, counts } = report
    if (json) console.log(JSON.stringify(report, null, 2))
    else {
      for (const { fault, id, modality, annotation, file, line, detail } of findings) {
        const about = [id, annotation, modality].filter(Boolean).join(' ')
        console.log(`${fault}: ${about} (${file}${line === undefined ? '' : `:${line}`}): ${detail}`)
      }
      const faults = Object.entries(counts).map(([fault, count]) => `${count} ${fault}`)
      const seen = [counted(pairs, 'pair'), counted(images, 'image')]
      if (annotations !== undefined) seen.push(counted(annotations, 'annotation'))
      console.log(`${seen.join(', ')}: ${faults.join(', ') || 'all as recorded'}`)
    }
    if (findings.length > 0) process.exitCode = 2
  },
})
