import type { Fail } from '../checkpoint-error'

/** A cursor over little-endian bytes that knows where in the file it stands. */
export class ByteReader {
  private readonly view: DataView
  /** Next byte, from the start of `bytes`. */
  position = 0

  /** @param base byte of the file at which `bytes` starts, for messages */
  constructor(
    readonly bytes: Uint8Array,
    readonly base: number,
    private readonly raise: Fail,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Raises an error at byte `at` of this reader. */
  fail(problem: string, at = this.position): never {
    return this.raise(this.base + at, problem)
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1))
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true)
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true)
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true)
  }

  /** An unsigned 64-bit number; those above 2⁵³ − 1 are refused. */
  uint64(): number {
    const at = this.position
    const value = this.view.getBigUint64(this.advance(8), true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`a size of ${value} is beyond any file`, at)
    return Number(value)
  }

  /** Big-endian double, as pickles store them. */
  float64BigEndian(): number {
    return this.view.getFloat64(this.advance(8), false)
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    const at = this.advance(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Text up to a line feed, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(10, this.position)
    if (end < 0) this.fail('a line without an end: the data is cut short')
    const text = this.text(end - this.position)
    this.position += 1
    return text
  }

  /** The next `length` bytes as UTF-8; bad sequences are refused. Lone surrogates, which pickle allows, too. */
  text(length: number): string {
    const at = this.position
    const bytes = this.take(length)
    try {
      return utf8.decode(bytes)
    } catch {
      return this.fail('text that is not UTF-8', at)
    }
  }

  private advance(length: number): number {
    const at = this.position
    if (length > this.bytes.byteLength - at) {
      this.fail(`${length} bytes wanted, ${this.bytes.byteLength - at} left: the data is cut short`)
    }
    this.position = at + length
    return at
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
