import { buildDataset, defaultSelection } from '@univ/mvip'
import { defineCommand } from 'citty'
import { checkFlags, numberOf, oneOf, sharesOf, wholeOf, workersArgument, workersOf } from '../arguments'
import { progressBar } from '../progress'

const defaults = defaultSelection

const args = {
  out: {
    type: 'string',
    required: true,
    description: 'folder of the dataset; all is written there',
    valueHint: 'DIR',
  },
  layout: {
    type: 'string',
    default: 'auto',
    description: 'auto, or a name of `univ-mvip layouts`',
    valueHint: 'NAME',
  },
  misaligned: {
    type: 'string',
    default: defaults.misaligned,
    description: 'pairs that lie apart: report, drop, or shift (crop to what both show)',
  },
  tolerance: {
    type: 'string',
    default: String(defaults.tolerance),
    description: 'largest offset that is aligned, in pixels of the visible image',
    valueHint: 'PX',
  },
  swapped: { type: 'string', default: defaults.swapped, description: 'exchanged images: report or drop' },
  duplicates: {
    type: 'string',
    default: defaults.duplicates,
    description: 'near-duplicates: report or drop',
  },
  'duplicate-distance': {
    type: 'string',
    default: String(defaults.duplicateDistance),
    description: 'bits of 128 in which they differ at most, 0-7',
    valueHint: 'BITS',
  },
  'frame-step': {
    type: 'string',
    default: String(defaults.frameStep),
    description: 'keep one frame of so many in a sequence',
    valueHint: 'N',
  },
  'frame-distance': {
    type: 'string',
    default: String(defaults.frameDistance),
    description: 'bits of 128 in which a frame differs from the last one kept',
    valueHint: 'BITS',
  },
  splits: {
    type: 'string',
    default: defaults.splits,
    description: 'sequence: no scene in two splits; source: as the sources divide themselves',
  },
  shares: {
    type: 'string',
    default: 'train=0.8,val=0.1,test=0.1',
    description: 'what each split gets',
    valueHint: 'SHARES',
  },
  seed: { type: 'string', default: String(defaults.seed), description: 'of the splits', valueHint: 'N' },
  parquet: { type: 'boolean', description: 'write manifest.parquet too' },
  thumbnail: { type: 'string', default: '48', description: 'height of thumbnails', valueHint: 'PX' },
  ...workersArgument,
} as const

export default defineCommand({
  meta: { name: 'univ-mvip build SOURCE…', description: 'a manifest of pairs from downloaded datasets' },
  args,
  async run({ args: given, rawArgs }) {
    checkFlags(rawArgs, args)
    if (given._.length === 0) throw new Error('which sources? univ-mvip build SOURCE… --out DIR')
    const bar = progressBar('looking at pairs')
    const { header, recalled } = await buildDataset({
      sources: given._,
      out: given.out,
      layout: given.layout,
      misaligned: oneOf('misaligned', given.misaligned, ['report', 'drop', 'shift']),
      tolerance: numberOf('tolerance', given.tolerance),
      swapped: oneOf('swapped', given.swapped, ['report', 'drop']),
      duplicates: oneOf('duplicates', given.duplicates, ['report', 'drop']),
      duplicateDistance: wholeOf('duplicate-distance', given['duplicate-distance']),
      frameStep: wholeOf('frame-step', given['frame-step'], 1),
      frameDistance: wholeOf('frame-distance', given['frame-distance']),
      splits: oneOf('splits', given.splits, ['sequence', 'source']),
      shares: sharesOf('shares', given.shares),
      seed: wholeOf('seed', given.seed),
      parquet: given.parquet ?? false,
      thumbnail: wholeOf('thumbnail', given.thumbnail, 8),
      workers: workersOf(given.workers),
      onProgress: bar.at,
    }).finally(bar.end)
    for (const { source, layout, path } of header.roots) console.log(`${source}: ${layout} (${path})`)
    for (const [name, count] of Object.entries(header.counts))
      if (count > 0) console.log(`  ${name}: ${count}`)
    if (recalled > 0) console.log(`${recalled} pairs were known from an earlier build`)
    console.log(`written: ${given.out}/manifest.jsonl`)
  },
})
