import { command } from '@univ/command-line'
import { relocateSources } from '@univ/mvip'

export default command({
  name: 'relocate',
  description: 'tell a dataset where its sources lie now',
  operands: {
    name: 'DATASET SOURCE=FOLDER…',
    description: 'the dataset, and each source’s new folder',
    several: true,
  },
  flags: {},
  async run(_, { operands: [folder = '', ...places] }) {
    if (places.length === 0)
      throw new Error('which source, and where? univ-mvip relocate DATASET SOURCE=FOLDER')
    const entries = places.map((place) => {
      const sign = place.indexOf('=')
      if (sign < 1 || sign === place.length - 1)
        throw new Error(`'${place}' is no place of a source; wanted is SOURCE=FOLDER`)
      return [place.slice(0, sign), place.slice(sign + 1)]
    })
    const { roots } = await relocateSources(folder, Object.fromEntries(entries))
    for (const { source, path } of roots) console.log(`${source}: ${path}`)
  },
})
