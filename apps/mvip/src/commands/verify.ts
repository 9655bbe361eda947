import { verifyDataset } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, onlyDataset, workersArgument, workersOf } from '../arguments'
import { progressBar } from '../progress'

const args = {
  quick: { type: 'boolean', description: 'look at presence and size only, read nothing' },
  json: { type: 'boolean', description: 'print the findings as JSON' },
  ...workersArgument,
} as const

export default defineCommand({
  meta: { name: 'univ-mvip verify DATASET', description: 'compare a dataset’s files with its manifest' },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const dataset = onlyDataset('verify', given._)
    const bar = progressBar('verifying')
    const { quick = false, workers } = given
    const report = await verifyDataset(dataset, {
      quick,
      workers: workersOf(workers),
      onProgress: bar.at,
    }).finally(bar.end)
    const { pairs, images, findings, counts } = report
    if (given.json) console.log(JSON.stringify(report, null, 2))
    else {
      for (const { fault, id, modality, file, detail } of findings)
        console.log(`${fault}: ${id} ${modality} (${file}): ${detail}`)
      const faults = Object.entries(counts).map(([fault, count]) => `${count} ${fault}`)
      console.log(`${pairs} pairs, ${images} images: ${faults.join(', ') || 'all as recorded'}`)
    }
    if (findings.length > 0) process.exitCode = 2
  },
})
