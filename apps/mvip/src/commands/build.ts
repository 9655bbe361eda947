import {
  command,
  counted,
  flag,
  number,
  oneOf,
  range,
  text,
  toggle,
  wholeNumber,
  withProgress,
} from '@univ/command-line'
import { buildDataset, defaultSelection } from '@univ/mvip'
import { sharesFlag, workersFlag } from '../dataset-flags'
import { buildSummary } from '../report/build-summary'

const defaults = defaultSelection

export default command({
  name: 'build',
  description: 'a manifest of pairs from downloaded datasets',
  operands: { name: 'SOURCE…', description: 'downloaded sets', several: true },
  flags: {
    out: flag(text, {
      required: true,
      description: 'folder of the dataset; all is written there',
      valueHint: 'DIR',
    }),
    layout: flag(text, {
      default: 'auto',
      description: 'auto, or a name of `univ-mvip layouts`',
      valueHint: 'NAME',
    }),
    'thermal-range': flag(range, {
      description:
        'values of 16-bit and float infrared that become black and white; default: each image’s 1st and 99th percentile',
      valueHint: 'LOW,HIGH',
    }),
    misaligned: flag(oneOf(['report', 'drop', 'shift']), {
      default: defaults.misaligned,
      description: 'pairs that lie apart: report, drop, or shift (crop to what both show)',
    }),
    tolerance: flag(number(0), {
      default: String(defaults.tolerance),
      description: 'largest offset that is aligned, in pixels of the visible image',
      valueHint: 'PX',
    }),
    swapped: flag(oneOf(['report', 'drop']), {
      default: defaults.swapped,
      description: 'exchanged images: report or drop',
    }),
    duplicates: flag(oneOf(['report', 'drop']), {
      default: defaults.duplicates,
      description: 'near-duplicates: report or drop',
    }),
    'duplicate-distance': flag(wholeNumber(0), {
      default: String(defaults.duplicateDistance),
      description: 'bits of 128 in which they differ at most, 0-7',
      valueHint: 'BITS',
    }),
    'frame-step': flag(wholeNumber(), {
      default: String(defaults.frameStep),
      description: 'keep one frame of so many in a sequence',
      valueHint: 'N',
    }),
    'frame-distance': flag(wholeNumber(0), {
      default: String(defaults.frameDistance),
      description: 'bits of 128 in which a frame differs from the last one kept',
      valueHint: 'BITS',
    }),
    splits: flag(oneOf(['sequence', 'source']), {
      default: defaults.splits,
      description: 'sequence: no scene in two splits; source: as the sources divide themselves',
    }),
    shares: sharesFlag,
    seed: flag(wholeNumber(0), {
      default: String(defaults.seed),
      description: 'of the splits',
      valueHint: 'N',
    }),
    parquet: toggle({ default: false, description: 'write manifest.parquet too' }),
    thumbnail: flag(wholeNumber(8), { default: '48', description: 'height of thumbnails', valueHint: 'PX' }),
    workers: workersFlag,
  },
  async run(given, { operands: sources }) {
    const {
      'duplicate-distance': duplicateDistance,
      'frame-step': frameStep,
      'frame-distance': frameDistance,
      'thermal-range': thermalRange,
      ...rest
    } = given
    const { header, recalled } = await withProgress(
      'looking at pairs',
      (onProgress) =>
        buildDataset({
          ...rest,
          sources,
          duplicateDistance,
          frameStep,
          frameDistance,
          thermalRange,
          onProgress,
        }),
      { unit: 'pairs' },
    )
    for (const { source, layout, path } of header.roots) console.log(`${source}: ${layout} (${path})`)
    for (const line of buildSummary(header)) console.log(`  ${line}`)
    if (recalled > 0) console.log(`known from an earlier build: ${counted(recalled, 'pair')}`)
    console.log(`written: ${given.out}/manifest.jsonl`)
  },
})
