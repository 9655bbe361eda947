import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { datasetStats } from '@univ/mvip'
import { textTable } from '@univ/report'
import { defineCommand } from 'citty'
import { checkFlags, onlyDataset } from '../arguments'
import { statsPage } from '../report/stats-page'
import { constantsTable, offsetTable, sourceTable } from '../report/stats-tables'

const args = {
  json: { type: 'boolean', description: 'print the figures as JSON' },
  report: { type: 'string', description: 'write tables and plots as an HTML page', valueHint: 'FILE' },
} as const

export default defineCommand({
  meta: {
    name: 'univ-mvip stats DATASET',
    description: 'what a dataset holds, and its normalisation constants',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const dataset = onlyDataset('stats', given._)
    const stats = await datasetStats(dataset)
    if (given.json) console.log(JSON.stringify(stats, null, 2))
    else
      console.log(
        [sourceTable, constantsTable, offsetTable].map((table) => textTable(table(stats))).join('\n\n'),
      )
    if (!given.report) return
    await writeFile(given.report, statsPage(basename(resolve(dataset)), stats))
    console.error(`written: ${given.report}`)
  },
})
