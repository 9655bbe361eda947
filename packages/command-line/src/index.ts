export type { Operands } from './check-words'
export { type Command, command } from './command'
export { counted } from './counted'
export { durationText } from './duration'
export {
  accepted,
  type FlagKind,
  listOf,
  number,
  oneOf,
  outputFile,
  range,
  share,
  text,
  wholeNumber,
  wrongValue,
} from './flag-kinds'
export { type Flag, type Flags, type FlagValues, flag, readFlags, several, toggle } from './flags'
export { openProgress, type Progress, type Report, withProgress } from './progress'
export { runCommand, runCommands } from './run-commands'
