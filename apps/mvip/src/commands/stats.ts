import { basename, resolve } from 'node:path'
import { command, flag, outputFile, toggle } from '@univ/command-line'
import { datasetStats } from '@univ/mvip'
import { textTable } from '@univ/report'
import { dataset } from '../dataset-flags'
import { tellLostRoots } from '../lost-roots'
import { statsPage } from '../report/stats-page'
import { constantsTable, guessNote, irSetting, offsetTable, sourceTable } from '../report/stats-tables'
import { checkReplaceable, writePage } from '../report/write-page'

export default command({
  name: 'stats',
  description: 'what a dataset holds, and its normalisation constants',
  operands: dataset,
  flags: {
    json: toggle({ default: false, description: 'print the figures as JSON' }),
    report: flag(outputFile, { description: 'write tables and plots as an HTML page', valueHint: 'FILE' }),
  },
  async run({ json, report }, { operands: [folder = ''] }) {
    if (report !== undefined) await checkReplaceable('report', report)
    const stats = await datasetStats(folder)
    tellLostRoots(folder)
    const setting = irSetting(stats)
    const constants = textTable(constantsTable(stats))
    const parts = [
      [textTable(sourceTable(stats)), guessNote(stats)].filter(Boolean).join('\n'),
      setting === undefined ? constants : `${constants}\nunder data of univ-train segment: ${setting}`,
      textTable(offsetTable(stats)),
    ]
    console.log(json ? JSON.stringify(stats, null, 2) : parts.join('\n\n'))
    if (report === undefined) return
    await writePage('report', report, statsPage(basename(resolve(folder)), stats))
    console.error(`written: ${report}`)
  },
})
