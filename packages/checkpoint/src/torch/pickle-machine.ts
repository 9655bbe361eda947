import { maxContainers, maxStack } from '../limits'
import type { ByteReader } from './byte-reader'
import { opcodes, refusedOpcodes } from './opcodes'
import type { PickleValue } from './pickle-value'

/** Turns a persistent id, such as a storage's tuple, into a value. */
export type PersistentLoad = (id: PickleValue, fail: (problem: string) => never) => PickleValue

/**
 * The stack machine that a pickle drives, reduced to building plain data. It knows no import and no call: names
 * come from a fixed list and "calls" are our own functions (see allowed-globals.ts).
 */
export class PickleMachine {
  /** Values above the latest mark. */
  stack: PickleValue[] = []
  readonly memo = new Map<number, PickleValue>()
  private stopped = false
  private readonly below: PickleValue[][] = []
  private containers = 0
  private depth = 0
  /** First byte of the current opcode. */
  private at = 0

  constructor(
    readonly reader: ByteReader,
    readonly persistentLoad: PersistentLoad,
  ) {}

  /** Runs to `STOP` and returns the one value left. */
  run(): PickleValue {
    while (!this.stopped) {
      this.at = this.reader.position
      const code = this.reader.uint8()
      const rule = opcodes.get(code)
      if (!rule) {
        const hex = `0x${code.toString(16).padStart(2, '0')}`
        const name = refusedOpcodes.get(code)
        this.fail(name ? `pickle opcode ${name} (${hex}) is refused` : `${hex} is no pickle opcode`)
      }
      rule(this)
    }
    const value = this.stack.pop()
    if (value === undefined || this.stack.length > 0 || this.below.length > 0) {
      this.fail('the pickle stops without exactly one value')
    }
    return value
  }

  /** Raises an error at the current opcode. */
  readonly fail: (problem: string) => never = (problem) => this.reader.fail(problem, this.at)

  stop(): void {
    this.stopped = true
  }

  push(value: PickleValue): void {
    if (++this.depth > maxStack) this.fail(`more than ${maxStack} values on the pickle's stack`)
    this.stack.push(value)
  }

  pop(): PickleValue {
    const value = this.stack.pop()
    if (value === undefined) return this.fail('the pickle takes a value from an empty stack')
    this.depth--
    return value
  }

  top(): PickleValue {
    return (
      this.stack.at(-1) ?? (this.stack.length > 0 ? null : this.fail('the pickle needs a value on its stack'))
    )
  }

  mark(): void {
    this.below.push(this.stack)
    this.stack = []
    if (++this.depth > maxStack) this.fail(`more than ${maxStack} marks and values on the pickle's stack`)
  }

  /** Takes everything above the latest mark, and the mark. */
  popMark(): PickleValue[] {
    const items = this.stack
    this.stack = this.below.pop() ?? this.fail('the pickle closes a mark that it did not set')
    this.depth -= items.length + 1
    return items
  }

  /** Counts `amount` new lists, tuples, dicts or copied items against the limit. */
  charge(amount: number): void {
    this.containers += amount
    if (this.containers > maxContainers) this.fail(`more than ${maxContainers} lists, tuples and dicts`)
  }

  /** Counts and pushes a new list, tuple or dict. */
  pushContainer(value: PickleValue): void {
    this.charge(1)
    this.push(value)
  }

  remember(index: number): void {
    if (this.memo.size >= maxStack) this.fail(`more than ${maxStack} values in the pickle's memo`)
    this.memo.set(index, this.top())
  }

  recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) this.fail(`the pickle recalls value ${index}, which it never stored`)
    this.push(value)
  }
}

/** Reads one pickle from the reader's position and leaves the reader behind its `STOP`. */
export function readPickle(
  reader: ByteReader,
  persistentLoad: PersistentLoad = (_, fail) => fail('a persistent id where none belongs'),
): PickleValue {
  return new PickleMachine(reader, persistentLoad).run()
}
