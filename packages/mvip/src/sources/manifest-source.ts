import { labelsOf } from '../labelled-pairs'
import type { Split } from '../layouts/layout'
import { parseRecord } from '../manifest/check-manifest'
import { openDataset } from '../manifest/open-dataset'
import { checkRoots } from '../manifest/source-roots'
import { recordedSample } from './annotated-set'
import { indexLines } from './line-index'
import type { PairSource } from './pair-source'

/**
 * The pairs of a built dataset; images of one modality alone are left out.
 * @param options.split Default: all of them.
 * @param options.only Stems to keep: the last part of the ids.
 * @throws Error where there is no dataset, a line is no record, no pair is left, or the folder of a source that the pairs
 *   are of is not there.
 */
export async function manifestSource(
  path: string,
  { split, only }: { readonly split?: Split; readonly only?: ReadonlySet<string> } = {},
): Promise<PairSource> {
  const dataset = openDataset(path)
  const { manifest } = dataset
  const check = dataset.check()
  const used = new Set<number>()
  const lines = await indexLines(manifest, (text, line) => {
    const record = check.record(parsed(text, `${manifest}:${line}`), line)
    if (record.vi === null || record.ir === null) return false
    if (split !== undefined && record.split !== split) return false
    if (only !== undefined && !only.has(stemOf(record.id))) return false
    used.add(record.root)
    return true
  })
  try {
    await check.end()
    if (lines.count === 0)
      throw new Error(
        `${manifest}: no pair${split ? ` of split ${split}` : ''}${only ? ' among those listed' : ''}`,
      )
    checkRoots(dataset, used)
  } catch (error) {
    lines.close()
    throw error
  }
  return {
    count: lines.count,
    pair(index) {
      const record = parseRecord(JSON.parse(lines.line(index)), manifest)
      const [vi, ir] = [dataset.imageOf(record, 'vi')!, dataset.imageOf(record, 'ir')!]
      const labels = labelsOf(recordedSample(dataset, record))
      const { id, source, time } = record
      return { id, source, vi, ir, ...(time && { time }), ...(labels !== undefined && { labels }) }
    },
    close: lines.close,
  }
}

const stemOf = (id: string) => id.slice(id.lastIndexOf('/') + 1)

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${where}: no JSON (${(error as Error).message})`)
  }
}
