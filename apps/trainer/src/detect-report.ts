import { join } from 'node:path'
import type { DetectConfig } from './config/detect-schema'
import { chosenModalities } from './config/shared-schema'
import { heldOut } from './detection-source'
import { ownSplit } from './own-split'
import { univEval } from './univ-eval'

/** `univ-eval detect` on the held-out images: the report and its figures beside the checkpoint. */
export function reportDetection({ data, engine, train }: DetectConfig, out: string): void {
  const held = heldOut(data)
  if (!held) return
  const { path, annotations } = held
  const flags: Readonly<Record<string, string | undefined>> = {
    checkpoint: join(out, 'last.safetensors'),
    ...(path === undefined
      ? {
          rgb: data.modality === 'ir' ? undefined : held.rgb,
          ir: data.modality === 'rgb' ? undefined : held.ir,
          annotations: annotations?.path,
          format: annotations?.format,
          border: annotations?.border?.toString(),
          rename: renames(annotations?.rename),
        }
      : {
          data: path,
          split: ownSplit(path, held.split, 'val'),
          modality: chosenModalities(data.modality).join(','),
          rename: renames(data.rename),
        }),
    only: held.list,
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

/** As the flag takes it: OLD=NEW, several with commas between. */
const renames = (names: Readonly<Record<string, string>> | undefined): string | undefined =>
  names &&
  Object.entries(names)
    .map((pair) => pair.join('='))
    .join(',')
