import type { EngineName } from '@univ/compile'
import { defineCommand } from 'citty'
import { refuseUnknown } from '../command-line'
import { describeDiagnosis, diagnose } from '../doctor'
import { tryEngine } from '../try-engine'

const args = {
  json: { type: 'boolean', description: 'print JSON' },
  try: { type: 'string', description: 'try this engine alone, in this process', valueHint: 'NAME' },
} as const

export default defineCommand({
  meta: {
    name: 'doctor',
    description: 'What this machine has, which engines work, and what to do about the rest',
  },
  args,
  async run({ args: given }) {
    refuseUnknown(given, args)
    if (given.try !== undefined) {
      console.log(JSON.stringify(await tryEngine(given.try as EngineName)))
      return
    }
    const found = diagnose()
    console.log(given.json ? JSON.stringify(found, null, 2) : describeDiagnosis(found))
    if (found.engines[0]!.state !== 'works') process.exitCode = 1
  },
})
