import { tokenStride } from '@univ/backbone'
import { checkWindows } from '@univ/heads'
import { readClassNames } from '@univ/mvip'
import { type LoadedSegmenter, readCard, type SegmentCard } from '@univ/train'

/** What overrides a segmenter's own card. */
export interface PredictionChoice {
  /** Side of sliding windows; null: whole images. */
  readonly window?: number | null
  readonly step?: number
  readonly fit?: readonly [number, number] | null
  readonly ignore?: readonly number[]
  readonly scales: readonly number[]
  readonly flip: boolean
}

/** What the file says of itself, else plain names and whole images; choices of the command line win. */
export function chosenCard(
  loaded: LoadedSegmenter,
  options: PredictionChoice & { readonly data: string },
  file: string,
): SegmentCard {
  const { classes } = loaded.head
  const own = readCard(loaded.metadata) ?? {
    classes: namesOf(options.data, classes),
    ignore: [],
    modalities: ['rgb'] as const,
    fit: null,
    window: null,
    step: null,
    irNormalisation: null,
  }
  if (own.classes.length !== classes)
    throw new Error(`${file}: ${own.classes.length} class names for a head of ${classes} classes`)
  const window = options.window === undefined ? own.window : options.window
  // A step belongs to its window.
  const step = options.step ?? (window === own.window ? own.step : null)
  checkWindows({
    window: window ?? undefined,
    step: step ?? undefined,
    multiple: tokenStride(loaded.model.config),
  })
  return {
    ...own,
    ignore: options.ignore ?? own.ignore,
    fit: options.fit === undefined ? own.fit : options.fit,
    window,
    step,
  }
}

function namesOf(data: string, classes: number): readonly string[] {
  try {
    const names = readClassNames(data)
    if (names.length === classes) return names
  } catch {
    // No classes.txt: the numbers will do.
  }
  return Array.from({ length: classes }, (_, i) => `class ${i}`)
}
