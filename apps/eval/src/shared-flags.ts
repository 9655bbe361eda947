import { accepted, flag, listOf, oneOf, outputFile, text, toggle, wholeNumber } from '@univ/command-line'
import { engineNames, isEngineName } from '@univ/compile'
import { extrasFile } from '@univ/train'

// Kinds that several commands have.
export const modality = oneOf(['rgb', 'ir'])
export const split = oneOf(['train', 'val', 'test'])
export const precision = oneOf(['float32', 'float16', 'int8'])
/** Class ids; an empty text is none of them. */
export const classIds = listOf(wholeNumber(0), { mayBeEmpty: true })

/** Flags of the commands that run an encoder. */
export const encoderFlags = {
  checkpoint: flag(text, {
    required: true,
    file: 'read',
    companion: extrasFile,
    description: 'encoder: torch .pth or safetensors',
    valueHint: 'FILE',
  }),
  heads: flag(wholeNumber(), {
    description: 'attention heads, where no preset has the encoder’s sizes',
    valueHint: 'N',
  }),
  which: flag(text, {
    description: 'model of a training checkpoint: model, student, teacher …',
    valueHint: 'NAME',
  }),
  batch: flag(wholeNumber(), { default: '8', description: 'images that run together', valueHint: 'N' }),
  engine: flag(accepted(isEngineName, engineNames), {
    default: 'auto',
    description: engineNames,
    valueHint: 'NAME',
  }),
}

/** Flags of the commands that write a report. */
export const reportFlags = {
  json: flag(outputFile, { file: 'written', description: 'JSON file to write', valueHint: 'FILE' }),
  report: flag(outputFile, { file: 'written', description: 'HTML file to write', valueHint: 'FILE' }),
  pictures: flag(wholeNumber(0), { default: '3', description: 'images shown in the report', valueHint: 'N' }),
}

/** Flag of the commands that can go on after an interruption. */
export const resumeFlags = {
  resume: toggle({
    default: false,
    description: 'go on with an interrupted run: what it had is in FILE.partial.jsonl beside --json FILE',
  }),
}

/** Scenes or pairs of a folder by name. */
export const onlyFlag = flag(text, {
  file: 'read',
  description: 'file of stems to use, one a line (a split)',
  valueHint: 'FILE',
})

/** A side in pixels. The largest image that is meant has 768 MiB as floats (8192² · 3 · 4 bytes), as in training. */
export const side = wholeNumber(1, 8192)

/** Side of the images that an encoder sees. */
export const sizeFlag = flag(side, {
  default: '224',
  description: 'side of the images',
  valueHint: 'N',
})
