import { join } from 'node:path'
import type { SegmentConfig } from './config/segment-schema'
import { chosenModalities } from './config/shared-schema'
import { ownSplit } from './own-split'
import { univEval } from './univ-eval'

/** `univ-eval segment` on the held-out scenes: the report and its figures beside the checkpoint. */
export function reportSegmentation({ data, engine }: SegmentConfig, out: string): void {
  if (data.val === null) return
  const split = ownSplit(data.val, data.valSplit, 'val')
  univEval([
    'segment',
    '--checkpoint',
    join(out, 'last.safetensors'),
    '--data',
    data.val,
    ...(data.valList === undefined ? [] : ['--only', data.valList]),
    ...(split === undefined ? [] : ['--split', split]),
    '--modality',
    chosenModalities(data.modality).join(','),
    '--engine',
    engine,
    '--log',
    join(out, 'metrics.jsonl'),
    '--json',
    join(out, 'segment.json'),
    '--report',
    join(out, 'report.html'),
  ])
}
