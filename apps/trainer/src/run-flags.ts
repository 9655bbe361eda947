import { accepted, type FlagValues, flag, oneOf, several, text, toggle } from '@univ/command-line'
import { engineNames, isEngineName, trainingPrecisions } from '@univ/compile'

export const engineKind = accepted(isEngineName, engineNames)
export const trainingPrecision = oneOf(trainingPrecisions)

/** Flags of the runs' commands, which override the configuration. */
export const runFlags = {
  config: flag(text, { description: 'YAML file', valueHint: 'FILE' }),
  set: several(text, { description: 'override one entry; may be repeated', valueHint: 'a.b=value' }),
  out: flag(text, { description: 'folder for checkpoints and logs', valueHint: 'DIR' }),
  engine: flag(engineKind, { description: engineNames, valueHint: 'NAME' }),
  recompute: toggle({
    description: 'compute activations again instead of keeping them: less memory, more time',
  }),
  precision: flag(trainingPrecision, {
    description:
      'float32; float16: mixed precision with a scaled loss, for GPU engines; bfloat16: mixed precision, for CUDA',
  }),
  resume: toggle({ default: false, description: 'go on with the run in the output folder' }),
}

/** The same where nothing goes without a configuration. */
export const configuredRunFlags = {
  ...runFlags,
  config: flag(text, { description: runFlags.config.description, valueHint: 'FILE', required: true }),
}

/** `--set` entries, with the flags that have one as further ones. */
export function changesFrom(
  given: Pick<FlagValues<typeof runFlags>, 'set' | 'engine' | 'recompute' | 'precision'>,
): readonly string[] {
  const { set = [], engine, recompute, precision } = given
  return [
    ...set,
    ...(engine === undefined ? [] : [`engine=${engine}`]),
    ...(recompute === undefined ? [] : [`recompute=${recompute}`]),
    ...(precision === undefined ? [] : [`train.precision=${precision}`]),
  ]
}

/** The command that goes on with a run. */
export function resumeCommand(words: readonly string[], command: string): string {
  const kept = words.filter((word) => word !== '--resume')
  return ['univ-train', command, ...kept, '--resume']
    .map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
}
