import { command, counted, flag, number } from '@univ/command-line'
import { scoreAlignment } from '@univ/mvip'
import { dataset } from '../dataset-flags'

export default command({
  name: 'score',
  description: 'the alignment measure against a synthetic set’s truth',
  operands: dataset,
  flags: {
    tolerance: flag(number(0), { default: '4', description: 'as the build’s', valueHint: 'PX' }),
  },
  async run({ tolerance }, { operands: [folder = ''] }) {
    const score = await scoreAlignment(folder, tolerance)
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`
    console.log(
      `${counted(score.pairs, 'pair')}, ${score.apart} of them apart; unsure ${score.unsure} (${score.unsureApart} apart)`,
    )
    console.log(`precision ${percent(score.precision)}, recall ${percent(score.recall)}`)
    console.log(
      `offsets of sure pairs off by ${score.error.median.toFixed(2)} px in the median, ${score.error.most.toFixed(2)} px at 95 %`,
    )
  },
})
