import { command, toggle, withProgress } from '@univ/command-line'
import { verifyDataset } from '@univ/mvip'
import { dataset, workersFlag } from '../dataset-flags'

export default command({
  name: 'verify',
  description: 'compare a dataset’s files with its manifest',
  operands: dataset,
  flags: {
    quick: toggle({ default: false, description: 'look at presence and size only, read nothing' }),
    json: toggle({ default: false, description: 'print the findings as JSON' }),
    workers: workersFlag,
  },
  async run({ quick, json, workers }, { operands: [folder = ''] }) {
    const report = await withProgress(
      'verifying',
      (onProgress) => verifyDataset(folder, { quick, workers, onProgress }),
      { unit: 'pairs' },
    )
    const { pairs, images, findings, counts } = report
    if (json) console.log(JSON.stringify(report, null, 2))
    else {
      for (const { fault, id, modality, file, detail } of findings)
        console.log(`${fault}: ${id} ${modality} (${file}): ${detail}`)
      const faults = Object.entries(counts).map(([fault, count]) => `${count} ${fault}`)
      console.log(`${pairs} pairs, ${images} images: ${faults.join(', ') || 'all as recorded'}`)
    }
    if (findings.length > 0) process.exitCode = 2
  },
})
