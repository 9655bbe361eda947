import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { detectSchema } from './detect-schema'
import { explainIssues } from './explain-issues'
import { pretrainSchema } from './pretrain-schema'
import { segmentSchema } from './segment-schema'

const least = {
  pretrain: { data: { roots: [{ path: 'p' }] }, teacher: { checkpoint: 't' } },
  segment: { data: { train: 'd' }, backbone: { checkpoint: 'b' } },
  detect: { data: { path: 'd' } },
}
const schemas = { pretrain: pretrainSchema, segment: segmentSchema, detect: detectSchema }

/** A tree with entries in further ones. */
function joined(tree: object, more: object): object {
  const merged: Record<string, unknown> = { ...tree }
  for (const [key, value] of Object.entries(more))
    merged[key] =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? joined((merged[key] as object) ?? {}, value)
        : value
  return merged
}

function problems(command: keyof typeof schemas, changes: object): string {
  const schema: z.ZodType = schemas[command]
  const tree = joined(least[command], changes)
  const { error } = schema.safeParse(tree)
  return error ? explainIssues(schema, error.issues, tree).join('\n') : 'none'
}

describe('a configuration that makes nonsense of a run', () => {
  it.each([
    ['pretrain', { loss: { alpha: 0, beta: 0 } }, 'loss.alpha: expected alpha or beta above 0, got 0'],
    ['pretrain', { labels: { mass: 0 } }, 'labels.mass: expected more than 0, got 0'],
    [
      'pretrain',
      { labels: { temperature: 1 } },
      'labels.temperature: expected none with labels.source attention',
    ],
    ['pretrain', { data: { size: 16 } }, 'data.size: expected at least 32, got 16'],
    [
      'pretrain',
      { data: { augment: { crop: [1, 0.4] } } },
      'data.augment.crop: expected the smaller one first',
    ],
    [
      'pretrain',
      { data: { augment: { crop: [0, 0] } } },
      'data.augment.crop.0: expected at least 0.01, got 0',
    ],
    ['pretrain', { threads: 257 }, 'threads: expected at most 256, got 257'],
    [
      'segment',
      { loss: { classWeights: [0, 0] } },
      'loss.classWeights: expected one weight above 0 at least',
    ],
    ['segment', { data: { scale: [2, 0.5] } }, 'data.scale: expected the smaller one first, got [2,0.5]'],
    ['segment', { data: { scale: [1e9, 1e9] } }, 'data.scale.0: expected at most 20, got 1000000000'],
    ['segment', { data: { fit: [64, 100] } }, 'data.fit: expected the longer side first, got [64,100]'],
    ['segment', { data: { fit: [1, 1] } }, 'data.fit.0: expected at least 16, got 1'],
    ['detect', { detector: { anchorRatios: [1e9] } }, 'detector.anchorRatios.0: expected at most 20'],
    ['detect', { detector: { anchorScales: [1e-9] } }, 'detector.anchorScales.0: expected at least 0.05'],
    [
      'detect',
      { data: { augment: { scale: [3, 1] } } },
      'data.augment.scale: expected the smaller one first',
    ],
    [
      'detect',
      { detector: { rpnBackgroundOverlap: 0.6 } },
      'detector.rpnBackgroundOverlap: expected at most rpnObjectOverlap, 0.5, got 0.6',
    ],
    [
      'detect',
      { encoder: { window: { size: 4, global: [5, 6] } } },
      'encoder.window.global: expected blocks from 0 to 5, which the encoder has, got [5,6]',
    ],
  ] as const)('is refused: %s %j', (command, changes, message) => {
    expect(problems(command, changes)).toContain(message)
  })

  it.each([
    ['pretrain', { labels: { source: 'keys', temperature: 1 }, loss: { alpha: 0 }, data: { size: 32 } }],
    ['segment', { loss: { classWeights: [0, 1] }, data: { fit: [96, 64], scale: [1, 1] } }],
    ['detect', { encoder: { window: { size: 4, global: [5] } }, detector: { rpnBackgroundOverlap: 0.5 } }],
  ] as const)('is not this: %s %j', (command, changes) => {
    expect(problems(command, changes)).toBe('none')
  })
})
