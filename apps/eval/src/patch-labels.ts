import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { readSafetensors } from '@univ/checkpoint'
import { type LabelRef, loadLabels, patchClasses } from '@univ/mvip'
import { clusterTokens, type TokenSet } from '@univ/pccl'
import { extrasFile } from '@univ/train'

/** Where the probe's classes come from. */
export type ClassSource = 'labels' | 'teacher' | 'clusters'

/** Clusters that stand for classes where there is neither label nor classifier. */
const clusterCount = 8

/** The label PNG of an image, by its stem. */
export function labelFile(image: string, folders: readonly string[]): string | undefined {
  const name = `${basename(image, extname(image))}.png`
  return folders.map((folder) => join(folder, name)).find(existsSync)
}

/** Class of every patch of label maps, -1 = ignored: `[images, tokens]`. */
export async function labelledClasses(
  labels: readonly (string | LabelRef)[],
  options: { readonly size: number; readonly patch: number; readonly ignore: readonly number[] },
): Promise<Int32Array> {
  const { size, patch, ignore } = options
  const parts = await Promise.all(
    labels.map(async (map) => patchClasses(await loadLabels(map, size), size, patch, ignore)),
  )
  const classes = new Int32Array(parts.length * (size / patch) ** 2)
  parts.forEach((part, i) => void classes.set(part, i * part.length))
  return classes
}

/**
 * Classes without labels: those that the teacher's own classifier gives its RGB tokens, where `univ-train teacher
 * --labels` has left one beside the checkpoint, else clusters of these tokens.
 * @param tokens The teacher's (without one: the encoder's) RGB tokens.
 */
export async function ownClasses(
  checkpoint: string,
  tokens: TokenSet,
): Promise<{ readonly classes: Int32Array; readonly source: Exclude<ClassSource, 'labels'> }> {
  const classifier = await readClassifier(checkpoint)
  if (!classifier || classifier.width !== tokens.width)
    return { classes: clusterTokens(tokens, clusterCount), source: 'clusters' }
  const { weight, bias, width } = classifier
  const classes = Int32Array.from({ length: tokens.data.length / width }, (_, row) => {
    let [best, most] = [0, -Infinity]
    bias.forEach((start, k) => {
      let score = start
      for (let c = 0; c < width; c++) score += weight[k * width + c]! * tokens.data[row * width + c]!
      if (score > most) [best, most] = [k, score]
    })
    return best
  })
  return { classes, source: 'teacher' }
}

/** `last.extras.safetensors` beside `last.safetensors`. */
async function readClassifier(
  checkpoint: string,
): Promise<
  { readonly weight: Float32Array; readonly bias: Float32Array; readonly width: number } | undefined
> {
  const file = extrasFile(checkpoint)
  if (!existsSync(file)) return undefined
  const { tensors } = await readSafetensors(file)
  const [weight, bias] = [tensors.get('classifier.weight'), tensors.get('classifier.bias')] // [classes, width]
  if (!(weight?.data instanceof Float32Array && bias?.data instanceof Float32Array)) return undefined
  return { weight: weight.data, bias: bias.data, width: weight.shape[1]! }
}
