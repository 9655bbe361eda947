import { join } from 'node:path'
import type { Split } from '../layouts/layout'
import { datasetFiles, openDataset, parseRecord } from '../manifest/open-dataset'
import { indexLines } from './line-index'
import type { PairSource } from './pair-source'

/**
 * The pairs of a built dataset; images of one modality alone are left out.
 * @param options.split Default: all of them.
 * @param options.only Stems to keep: the last part of the ids.
 * @throws Error where there is no dataset, a line is no record or no pair is left.
 */
export async function manifestSource(
  path: string,
  { split, only }: { readonly split?: Split; readonly only?: ReadonlySet<string> } = {},
): Promise<PairSource> {
  const dataset = openDataset(path)
  const manifest = join(dataset.folder, datasetFiles.manifest)
  let line = 0
  const lines = await indexLines(manifest, (text) => {
    line++
    const record = parseRecord(parsed(text, `${manifest}:${line}`), `${manifest}:${line}`)
    if (record.vi === null || record.ir === null) return false
    if (split !== undefined && record.split !== split) return false
    return only === undefined || only.has(stemOf(record.id))
  })
  if (lines.count === 0)
    throw new Error(
      `${manifest}: no pair${split ? ` of split ${split}` : ''}${only ? ' among those listed' : ''}`,
    )
  return {
    count: lines.count,
    pair(index) {
      const record = parseRecord(JSON.parse(lines.line(index)), manifest)
      const [vi, ir] = [dataset.imageOf(record, 'vi')!, dataset.imageOf(record, 'ir')!]
      return { id: record.id, source: record.source, vi, ir }
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
