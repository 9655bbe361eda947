import { describe, expect, it } from 'vitest'
import { CheckpointError, failIn } from '../checkpoint-error'
import { maxContainers, maxStack } from '../limits'
import {
  call,
  dict,
  global,
  integer,
  join,
  list,
  none,
  pickle,
  text,
  tuple,
  u32,
  u64,
} from '../testing/hand-made-pickle'
import { ByteReader } from './byte-reader'
import { nameTensors } from './name-tensors'
import { refusedOpcodes } from './opcodes'
import { readPickle } from './pickle-machine'

const read = (bytes: Uint8Array) => readPickle(new ByteReader(bytes, 1000, failIn('f.pth')))
const value = (...pieces: (number | Uint8Array)[]) => read(pickle(...pieces))
const ascii = (line: string) => new TextEncoder().encode(line)

describe('a pickle that wants to run code', () => {
  it('is refused by the name that it mentions, with file and byte', () => {
    const attempts: [module: string, name: string][] = [
      ['os', 'system'],
      ['posix', 'system'],
      ['builtins', 'eval'],
      ['builtins', 'getattr'],
      ['__builtin__', 'exec'],
      ['subprocess', 'Popen'],
      ['torch', 'load'],
      ['torch.hub', 'load'],
      ['torch._utils', '__init__.__globals__'],
      ['collections', 'OrderedDict.fromkeys'],
      ['constructor', 'constructor'],
      ['numpy.core.multiarray', '_reconstruct'],
    ]
    for (const [module, name] of attempts) {
      const run = () => value(call(global(module, name), text('touch /tmp/pwned')))
      expect(run).toThrow(CheckpointError)
      expect(run).toThrow(`f.pth, byte 1002: the pickle names ${module}.${name}, which is not allowed`)
    }
  })

  it('is refused when the name comes from the stack', () => {
    expect(() => value(text('os'), text('system'), 0x93)).toThrow('the pickle names os.system')
    expect(() => value(integer(1), text('system'), 0x93)).toThrow('a global whose name is not text')
  })

  it('cannot call what is not a function of the list', () => {
    expect(() => value(call(text('eval'), text('1')))).toThrow(`calls 'eval'`)
    expect(() => value(call(global('torch', 'FloatStorage')))).toThrow('calls torch.FloatStorage')
    expect(() => value(global('torch', 'Size'), integer(1), 0x52)).toThrow('calls torch.Size with 1')
    expect(() => value(integer(1), dict(), 0x62)).toThrow('gives attributes to 1')
  })
})

describe('opcodes', () => {
  it('outside the list are refused by name', () => {
    for (const [code, name] of refusedOpcodes) {
      expect(() => value(code)).toThrow(
        `byte 1002: pickle opcode ${name} (0x${code.toString(16)}) is refused`,
      )
    }
    expect(() => value(0xff)).toThrow('0xff is no pickle opcode')
    expect(() => read(join(0x80, 0, 0x4e, 0x2e))).toThrow('pickle protocol 0; 2 to 5 are read')
  })

  it('of numbers, text and containers give their values', () => {
    expect(value(0x4a, u32(0xffffffff))).toBe(-1)
    expect(value(integer(-5))).toBe(-5)
    expect(value(integer(2n ** 62n))).toBe(2n ** 62n)
    expect(value(0x8a, 0)).toBe(0)
    expect(value(0x47, 0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18)).toBe(Math.PI)
    expect(value(text('κ'))).toBe('κ')
    expect(value(0x55, 2, ascii('ab'))).toBe('ab')
    expect(value(0x55, 1, 0xff)).toEqual(Uint8Array.of(0xff))
    expect(value(list(none, tuple(integer(1), integer(2))))).toEqual([null, [1, 2]])
    expect(value(integer(1), integer(2), integer(3), 0x87)).toEqual([1, 2, 3])
    expect(value(dict(['a', integer(1)]))).toEqual(new Map([['a', 1]]))
    expect(value(call(global('collections', 'OrderedDict'), list(tuple(text('k'), integer(9)))))).toEqual(
      new Map([['k', 9]]),
    )
  })

  it('of protocol 4 (frames, memo, short text) are read', () => {
    const frame = join(0x95, u64(10))
    expect(read(join(0x80, 4, frame, 0x5d, 0x94, 0x8c, 1, ascii('a'), 0x94, 0x61, 0x2e))).toEqual(['a'])
    expect(value(0x5d, 0x94, 0x30, 0x68, 0)).toEqual([])
  })
})

describe('a broken pickle', () => {
  it('is refused where it breaks', () => {
    expect(() => value()).toThrow('without exactly one value')
    expect(() => value(none, none)).toThrow('without exactly one value')
    expect(() => value(0x28, none)).toThrow('without exactly one value')
    expect(() => value(0x61)).toThrow('empty stack')
    expect(() => value(0x74)).toThrow('closes a mark that it did not set')
    expect(() => value(0x68, 4)).toThrow('recalls value 4')
    expect(() => value(0x71, 4)).toThrow('needs a value on its stack')
    expect(() => value(none, none, 0x61)).toThrow('appends to None')
    expect(() => value(0x7d, 0x28, none, 0x75)).toThrow('without a value')
    expect(() => value(none, none, none, 0x73)).toThrow('sets items of None')
    expect(() => value(none, 0x51)).toThrow('a persistent id where none belongs')
    expect(() => value(0x58, u32(2), 0xff, 0xfe)).toThrow('not UTF-8')
    expect(() => value(0x63, ascii('os'))).toThrow('cut short')
  })

  it('that declares a giant text or byte string is refused before memory is taken', () => {
    expect(() => value(0x58, u32(0xfffffff0))).toThrow('4294967280 bytes wanted, 1 left')
    expect(() => value(0x42, u32(0xfffffff0))).toThrow('cut short')
    expect(() => value(0x8e, u64(2n ** 63n))).toThrow('beyond any file')
    expect(() => value(0x8d, u64(2n ** 40n))).toThrow('cut short')
  })
})

describe('a pickle that wants to exhaust memory', () => {
  it('by containers, stack, or copies is stopped', () => {
    expect(() => read(new Uint8Array(maxContainers + 9).fill(0x7d))).toThrow(
      `more than ${maxContainers} lists`,
    )
    expect(() => read(new Uint8Array(maxStack + 9).fill(0x4e))).toThrow(`more than ${maxStack} values`)
    expect(() => read(new Uint8Array(maxStack + 9).fill(0x28))).toThrow(`more than ${maxStack} marks`)
    const pairs = list(...Array.from({ length: 2000 }, () => tuple(integer(1), integer(2))))
    const copies = Array.from({ length: 600 }, () => join(0x68, 1, 0x68, 0, 0x85, 0x52))
    const target = join(global('collections', 'OrderedDict'), 0x71, 1)
    expect(() => value(pairs, 0x71, 0, target, ...copies)).toThrow('lists, tuples and dicts')
  })

  it('by dicts that hold each other many times over, or themselves, is stopped', () => {
    const raise = failIn('f.pth')
    // Each level holds the one below twice: 2⁴⁰ values from a few hundred bytes.
    const level = (below: Uint8Array, slot: number) =>
      join(0x7d, 0x28, text('a'), below, 0x71, slot, text('b'), 0x68, slot, 0x75)
    let bomb: Uint8Array = integer(1)
    for (let slot = 0; slot < 40; slot++) bomb = level(bomb, slot)
    expect(() => nameTensors(value(bomb), raise)).toThrow('holds more than')
    const itself = value(0x7d, 0x71, 0, text('me'), 0x68, 0, 0x73)
    expect(() => nameTensors(itself, raise)).toThrow(/nests deeper than 64/)
  })
})
