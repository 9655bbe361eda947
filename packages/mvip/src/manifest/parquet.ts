import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { parseRecord } from './check-manifest'
import { readJsonLines } from './json-lines'
import type { ManifestImage, ManifestRecord } from './record'

type Column = {
  readonly name: string
  readonly type: 'STRING' | 'INT64' | 'INT32' | 'DOUBLE' | 'BOOLEAN'
  readonly of: (record: ManifestRecord) => string | number | boolean | undefined
}

const imageColumns = (modality: 'vi' | 'ir'): Column[] => {
  const column = (
    name: string,
    type: Column['type'],
    of: (image: ManifestImage) => string | number | undefined,
  ): Column => ({
    name: `${modality}_${name}`,
    type,
    of: (record) => {
      const image = record[modality]
      return image ? of(image) : undefined
    },
  })
  return [
    column('path', 'STRING', ({ path }) => path),
    column('bytes', 'DOUBLE', ({ bytes }) => bytes),
    column('sha256', 'STRING', ({ sha256 }) => sha256),
    column('width', 'INT32', ({ width }) => width),
    column('height', 'INT32', ({ height }) => height),
    column('format', 'STRING', ({ format }) => format),
    column('depth', 'STRING', ({ depth }) => depth),
    column('channels', 'STRING', ({ channels }) => channels),
    ...(['left', 'top', 'width', 'height'] as const).map((side) =>
      column(`crop_${side}`, 'INT32', ({ crop }) => crop?.[side]),
    ),
    column('phash', 'STRING', ({ phash }) => phash),
    column('chroma', 'DOUBLE', ({ chroma }) => chroma),
    // Lists are JSON text: every reader of Parquet knows strings.
    column('mean', 'STRING', ({ mean }) => JSON.stringify(mean)),
    column('std', 'STRING', ({ std }) => JSON.stringify(std)),
    column('histogram', 'STRING', ({ histogram }) => JSON.stringify(histogram)),
  ]
}

/** The manifest as a flat table; docs/dataset.md lists the columns. */
export const parquetColumns: readonly Column[] = [
  { name: 'id', type: 'STRING', of: ({ id }) => id },
  { name: 'source', type: 'STRING', of: ({ source }) => source },
  { name: 'root', type: 'INT32', of: ({ root }) => root },
  { name: 'sequence', type: 'STRING', of: ({ sequence }) => sequence },
  { name: 'frame', type: 'DOUBLE', of: ({ frame }) => frame },
  { name: 'split', type: 'STRING', of: ({ split }) => split },
  { name: 'time', type: 'STRING', of: ({ time }) => time ?? undefined },
  ...imageColumns('vi'),
  ...imageColumns('ir'),
  { name: 'alignment_dx', type: 'DOUBLE', of: ({ alignment }) => alignment?.dx },
  { name: 'alignment_dy', type: 'DOUBLE', of: ({ alignment }) => alignment?.dy },
  { name: 'alignment_score', type: 'DOUBLE', of: ({ alignment }) => alignment?.score },
  { name: 'alignment_verdict', type: 'STRING', of: ({ alignment }) => alignment?.verdict },
  { name: 'alignment_shifted', type: 'BOOLEAN', of: ({ alignment }) => alignment?.shifted },
  { name: 'annotations', type: 'STRING', of: ({ annotations }) => JSON.stringify(annotations) },
  { name: 'thumbnail_offset', type: 'DOUBLE', of: ({ thumbnail }) => thumbnail.offset },
  { name: 'thumbnail_length', type: 'INT32', of: ({ thumbnail }) => thumbnail.length },
]

/** Rows in memory at a time. */
export const rowGroup = 4096

const columnData = (records: readonly ManifestRecord[]) =>
  parquetColumns.map(({ name, type, of }) => ({ name, type, data: records.map(of), nullable: true }))

/** Writes a manifest of JSON Lines as Parquet, a row group at a time. */
export async function writeParquet(manifest: string, file: string): Promise<void> {
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: schemaFromColumnData({ columnData: columnData([]) }),
  })
  let records: ManifestRecord[] = []
  for await (const { value, line } of readJsonLines(manifest)) {
    records.push(parseRecord(value, `${manifest}:${line}`))
    if (records.length < rowGroup) continue
    await writer.write({ columnData: columnData(records) })
    records = []
  }
  if (records.length > 0) await writer.write({ columnData: columnData(records) })
  await writer.finish()
}
