import { join } from 'node:path'
import type { DetectConfig } from './config/detect-schema'
import { univEval } from './univ-eval'

/** `univ-eval detect` on the held-out images: the report and its figures beside the checkpoint. */
export function reportDetection({ data, engine, train }: DetectConfig, out: string): void {
  if (data.val === null) return
  const source = { ...data, list: undefined, ...data.val }
  const annotations = data.val.annotations ?? data.annotations
  const flags: Readonly<Record<string, string | undefined>> = {
    checkpoint: join(out, 'last.safetensors'),
    rgb: data.modality === 'ir' ? undefined : source.rgb,
    ir: data.modality === 'rgb' ? undefined : source.ir,
    annotations: annotations.path,
    format: annotations.format,
    only: source.list,
    'on-bad': data.onBad,
    batch: `${train.batch}`,
    engine,
    json: join(out, 'detect.json'),
    report: join(out, 'report.html'),
  }
  univEval([
    'detect',
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ])
}
