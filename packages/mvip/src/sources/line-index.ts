import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { readFrom } from '../read-text'

/** Lines of a big JSON Lines file, each read when it is asked for: in memory are 12 bytes a line. */
export interface LineIndex {
  readonly count: number
  /** The text of a line. */
  line(index: number): string
  close(): void
}

/**
 * Finds the lines of a file.
 * @param keep Which lines count, by text and number from 1. Default: all that are not empty.
 */
export async function indexLines(
  file: string,
  keep: (text: string, line: number) => boolean = () => true,
): Promise<LineIndex> {
  let [offsets, lengths] = [new Float64Array(1024), new Uint32Array(1024)]
  let [count, start, number] = [0, 0, 0]
  let rest: Buffer = Buffer.alloc(0)
  function add(line: Buffer): void {
    const text = line.toString('utf8').trim()
    number++
    if (text !== '' && keep(text, number)) {
      if (count === offsets.length) {
        const [moreOffsets, moreLengths] = [new Float64Array(2 * count), new Uint32Array(2 * count)]
        moreOffsets.set(offsets)
        moreLengths.set(lengths)
        ;[offsets, lengths] = [moreOffsets, moreLengths]
      }
      offsets[count] = start
      lengths[count] = line.length
      count++
    }
    start += line.length + 1
  }
  const chunks: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 })
  for await (const chunk of readFrom(file, chunks)) {
    const block: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let begin = 0
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, begin)) {
      add(block.subarray(begin, end))
      begin = end + 1
    }
    rest = block.subarray(begin)
  }
  if (rest.length > 0) add(rest)
  const handle = openSync(file, 'r')
  return {
    count,
    line(index) {
      if (!(index >= 0 && index < count))
        throw new Error(`${file}: there is no line ${index}, it has ${count}`)
      const bytes = Buffer.alloc(lengths[index]!)
      readSync(handle, bytes, 0, bytes.length, offsets[index]!)
      return bytes.toString('utf8')
    },
    close: () => closeSync(handle),
  }
}
