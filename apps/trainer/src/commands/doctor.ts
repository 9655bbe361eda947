import { command, flag, toggle } from '@univ/command-line'
import { describeDiagnosis, diagnose } from '../doctor'
import { engineKind, trainingPrecision } from '../run-flags'
import { tryEngine } from '../try-engine'

export default command({
  name: 'doctor',
  description: 'What this machine has, which engines work, and what to do about the rest',
  flags: {
    json: toggle({ default: false, description: 'print JSON' }),
    try: flag(engineKind, {
      description: 'try this engine alone, in this process',
      valueHint: 'NAME',
    }),
    precision: flag(trainingPrecision, {
      description: 'with --try: how products are computed; default: float32',
    }),
  },
  async run(given) {
    if (given.try !== undefined) {
      console.log(JSON.stringify(await tryEngine(given.try, given.precision)))
      return
    }
    if (given.precision !== undefined)
      throw new Error(
        `--precision ${given.precision} is of --try ENGINE; without both, every engine is tried with all that it has`,
      )
    const found = diagnose()
    console.log(given.json ? JSON.stringify(found, null, 2) : describeDiagnosis(found))
    if (found.engines[0]!.state !== 'works') process.exitCode = 1
  },
})
