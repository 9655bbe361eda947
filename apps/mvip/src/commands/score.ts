import { scoreAlignment } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, numberOf, onlyDataset } from '../arguments'

const args = {
  tolerance: { type: 'string', default: '4', description: 'as the build’s', valueHint: 'PX' },
} as const

export default defineCommand({
  meta: {
    name: 'univ-mvip score DATASET',
    description: 'the alignment measure against a synthetic set’s truth',
  },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    const score = await scoreAlignment(onlyDataset('score', given._), numberOf('tolerance', given.tolerance))
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`
    console.log(
      `${score.pairs} pairs, ${score.apart} of them apart; unsure ${score.unsure} (${score.unsureApart} apart)`,
    )
    console.log(`precision ${percent(score.precision)}, recall ${percent(score.recall)}`)
    console.log(
      `offsets of sure pairs off by ${score.error.median.toFixed(2)} px in the median, ${score.error.most.toFixed(2)} px at 95 %`,
    )
  },
})
