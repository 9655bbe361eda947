import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readJsonLines } from '../manifest/json-lines'
import { openDataset } from '../manifest/open-dataset'
import { checkRoots } from '../manifest/source-roots'

const truth = z.object({ stem: z.string(), dx: z.number(), dy: z.number() })

/** How well the build's alignment tells pairs that lie apart from pairs that do not. */
export interface AlignmentScore {
  readonly pairs: number
  /** Pairs that truly lie further apart than the tolerance. */
  readonly apart: number
  /** Of those, the ones called misaligned. */
  readonly found: number
  /** Pairs called misaligned that are not. */
  readonly wrong: number
  /** Pairs about which nothing is said, and how many of them lie apart. */
  readonly unsure: number
  readonly unsureApart: number
  /** found / (found + wrong); 1 where nothing was called misaligned. */
  readonly precision: number
  /** found / apart; 1 where nothing lies apart. */
  readonly recall: number
  /** Distance between measured and true offset of the sure pairs, in pixels: median and 95th percentile. */
  readonly error: { readonly median: number; readonly most: number }
}

/**
 * Compares a built dataset with the true offsets of the synthetic benchmark it was built from (`truth.jsonl`).
 * @param tolerance As the build's, in pixels.
 * @throws Error where a root has no truth.
 */
export async function scoreAlignment(path: string, tolerance: number): Promise<AlignmentScore> {
  const dataset = openDataset(path)
  const offsets = new Map<string, { readonly dx: number; readonly dy: number }>()
  checkRoots(dataset)
  for (const [root, { source }] of dataset.header.roots.entries()) {
    const file = join(dataset.roots[root]!, 'truth.jsonl')
    if (!existsSync(file))
      throw new Error(`${file} is missing: true offsets are known of synthetic sets only`)
    for await (const { value, line } of readJsonLines(file)) {
      const { success, data } = truth.safeParse(value)
      if (!success) throw new Error(`${file}:${line}: stem, dx and dy are wanted`)
      offsets.set(`${source}/${data.stem}`, data)
    }
  }
  const errors: number[] = []
  let [pairs, apart, found, wrong, unsure, unsureApart] = [0, 0, 0, 0, 0, 0]
  for await (const { id, alignment } of dataset.records()) {
    const real = offsets.get(id)
    if (!alignment || !real) continue
    pairs++
    const isApart = Math.hypot(real.dx, real.dy) > tolerance
    const called = alignment.verdict === 'misaligned'
    if (isApart) apart++
    if (called && isApart) found++
    if (called && !isApart) wrong++
    if (alignment.verdict === 'unsure') {
      unsure++
      if (isApart) unsureApart++
    } else errors.push(Math.hypot(alignment.dx - real.dx, alignment.dy - real.dy))
  }
  errors.sort((a, b) => a - b)
  const at = (share: number) => errors[Math.floor(share * (errors.length - 1))] ?? 0
  return {
    pairs,
    apart,
    found,
    wrong,
    unsure,
    unsureApart,
    precision: found + wrong === 0 ? 1 : found / (found + wrong),
    recall: apart === 0 ? 1 : found / apart,
    error: { median: at(0.5), most: at(0.95) },
  }
}
