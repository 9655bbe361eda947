import { command, flag, text, wholeNumber } from '@univ/command-line'
import { engineNames } from '@univ/compile'
import { demo } from '../demo'
import { engineKind } from '../run-flags'

export default command({
  name: 'demo',
  description: 'The whole path on synthetic pairs, in some minutes: teacher, pre-training, report',
  flags: {
    out: flag(text, { default: 'runs/demo', description: 'folder, emptied first', valueHint: 'DIR' }),
    pairs: flag(wholeNumber(16), {
      default: '96',
      description: 'synthetic pairs to train on',
      valueHint: 'N',
    }),
    engine: flag(engineKind, { default: 'auto', description: engineNames, valueHint: 'NAME' }),
  },
  run: demo,
})
