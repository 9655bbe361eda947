import { allowedGlobals } from './allowed-globals'
import type { PickleMachine } from './pickle-machine'
import { describe, GlobalRef, Inert, NamespaceDict, type PickleValue } from './pickle-value'

type Rule = (machine: PickleMachine) => void

/**
 * The opcodes of pickle protocols 2 to 5 that state dicts need. Codes and meaning: CPython's
 * `Lib/pickletools.py`.
 */
export const opcodes: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [0x80, protocol],
  [0x95, (m) => void m.reader.uint64()], // FRAME: its length is only a hint for readers
  [0x2e, (m) => m.stop()], // STOP
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x31, (m) => void m.popMark()], // POP_MARK

  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.reader.int32())], // BININT
  [0x4b, (m) => m.push(m.reader.uint8())], // BININT1
  [0x4d, (m) => m.push(m.reader.uint16())], // BININT2
  [0x8a, (m) => m.push(long(m.reader.take(m.reader.uint8())))], // LONG1
  [0x47, (m) => m.push(m.reader.float64BigEndian())], // BINFLOAT

  [0x58, (m) => m.push(m.reader.text(m.reader.uint32()))], // BINUNICODE
  [0x8c, (m) => m.push(m.reader.text(m.reader.uint8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.reader.text(m.reader.uint64()))], // BINUNICODE8
  [0x54, (m) => m.push(python2String(m.reader.take(m.reader.uint32())))], // BINSTRING
  [0x55, (m) => m.push(python2String(m.reader.take(m.reader.uint8())))], // SHORT_BINSTRING
  [0x42, (m) => m.push(m.reader.take(m.reader.uint32()))], // BINBYTES
  [0x43, (m) => m.push(m.reader.take(m.reader.uint8()))], // SHORT_BINBYTES
  [0x8e, (m) => m.push(m.reader.take(m.reader.uint64()))], // BINBYTES8

  [0x5d, (m) => m.pushContainer([])], // EMPTY_LIST
  [0x29, (m) => m.pushContainer([])], // EMPTY_TUPLE
  [0x7d, (m) => m.pushContainer(new Map())], // EMPTY_DICT
  [0x74, (m) => m.pushContainer(m.popMark())], // TUPLE
  [0x85, (m) => m.pushContainer([m.pop()])], // TUPLE1
  [0x86, (m) => m.pushContainer([m.pop(), m.pop()].reverse())], // TUPLE2
  [0x87, (m) => m.pushContainer([m.pop(), m.pop(), m.pop()].reverse())], // TUPLE3
  [0x61, (m) => append(m, [m.pop()])], // APPEND
  [0x65, (m) => append(m, m.popMark())], // APPENDS
  [0x73, (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  [0x75, (m) => setItems(m, m.popMark())], // SETITEMS

  [0x71, (m) => m.remember(m.reader.uint8())], // BINPUT
  [0x72, (m) => m.remember(m.reader.uint32())], // LONG_BINPUT
  [0x94, (m) => m.remember(m.memo.size)], // MEMOIZE
  [0x68, (m) => m.recall(m.reader.uint8())], // BINGET
  [0x6a, (m) => m.recall(m.reader.uint32())], // LONG_BINGET

  [0x63, (m) => pushGlobal(m, m.reader.line(), m.reader.line())], // GLOBAL
  [0x93, stackGlobal],
  [0x51, (m) => m.push(m.persistentLoad(m.pop(), m.fail))], // BINPERSID
  [0x52, call], // REDUCE
  [0x81, call], // NEWOBJ
  [0x62, build],
])

/** Names of the opcodes that are refused, for messages. */
export const refusedOpcodes: ReadonlyMap<number, string> = new Map([
  [0x32, 'DUP'],
  [0x46, 'FLOAT'],
  [0x49, 'INT'],
  [0x4c, 'LONG'],
  [0x50, 'PERSID'],
  [0x53, 'STRING'],
  [0x56, 'UNICODE'],
  [0x64, 'DICT'],
  [0x67, 'GET'],
  [0x69, 'INST'],
  [0x6c, 'LIST'],
  [0x6f, 'OBJ'],
  [0x70, 'PUT'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x8b, 'LONG4'],
  [0x8f, 'EMPTY_SET'],
  [0x90, 'ADDITEMS'],
  [0x91, 'FROZENSET'],
  [0x92, 'NEWOBJ_EX'],
  [0x96, 'BYTEARRAY8'],
  [0x97, 'NEXT_BUFFER'],
  [0x98, 'READONLY_BUFFER'],
])

function protocol(m: PickleMachine): void {
  const version = m.reader.uint8()
  if (version < 2 || version > 5) m.fail(`pickle protocol ${version}; 2 to 5 are read`)
}

/** A little-endian two's complement integer; a bigint where a number would lose digits. */
function long(bytes: Uint8Array): number | bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  const signed = BigInt.asIntN(8 * bytes.length, value)
  const number = Number(signed)
  return Number.isSafeInteger(number) ? number : signed
}

/** Python 2's `str`: text if it is UTF-8, otherwise bytes. */
function python2String(bytes: Uint8Array): PickleValue {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return bytes
  }
}

function append(m: PickleMachine, items: readonly PickleValue[]): void {
  const list = m.top()
  if (!Array.isArray(list)) m.fail(`appends to ${describe(list)}`)
  for (const item of items) list.push(item)
}

function setItems(m: PickleMachine, items: readonly PickleValue[]): void {
  const dict = m.top()
  if (!(dict instanceof Map)) m.fail(`sets items of ${describe(dict)}`)
  if (items.length % 2 === 1) m.fail('sets a dict item without a value')
  for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!)
}

function pushGlobal(m: PickleMachine, module: string, name: string): void {
  const full = `${module}.${name}`
  const rule = allowedGlobals.get(full)
  if (!rule) m.fail(`the pickle names ${full.slice(0, 200)}, which is not allowed; nothing was executed`)
  m.push(new GlobalRef(full, rule))
}

function stackGlobal(m: PickleMachine): void {
  const name = m.pop()
  const module = m.pop()
  if (typeof name !== 'string' || typeof module !== 'string') m.fail('a global whose name is not text')
  pushGlobal(m, module, name)
}

function call(m: PickleMachine): void {
  const args = m.pop()
  const target = m.pop()
  if (!(target instanceof GlobalRef) || !target.rule.call) m.fail(`calls ${describe(target)}`)
  if (!Array.isArray(args)) m.fail(`calls ${target.name} with ${describe(args)}`)
  // Charged beforehand: an old OrderedDict copies the list that it is given.
  m.charge(Array.isArray(args[0]) ? args[0].length : 0)
  m.pushContainer(target.rule.call(args, m.fail))
}

/** Attributes: a namespace takes them; those of dicts (`_metadata`) and inert values are dropped. */
function build(m: PickleMachine): void {
  const state = m.pop()
  const target = m.top()
  if (target instanceof NamespaceDict) {
    if (!(state instanceof Map)) m.fail(`gives a namespace ${describe(state)}`)
    m.charge(state.size)
    for (const [key, value] of state) target.set(key, value)
  } else if (!(target instanceof Map || target instanceof Inert)) {
    m.fail(`gives attributes to ${describe(target)}`)
  }
}
