import { command } from '@univ/command-line'
import { layouts } from '@univ/mvip'

export default command({
  name: 'layouts',
  description: 'the layouts that --layout knows, and what each looks for',
  flags: {},
  run() {
    for (const { name, looksFor } of layouts) console.log(`${name.padEnd(14)} ${looksFor}`)
  },
})
