import { layouts } from '@univ/mvip'
import { defineCommand } from 'citty'

export default defineCommand({
  meta: {
    name: 'univ-mvip layouts',
    description: 'the layouts that --layout knows, and what each looks for',
  },
  run() {
    for (const { name, looksFor } of layouts) console.log(`${name.padEnd(14)} ${looksFor}`)
  },
})
