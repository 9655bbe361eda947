import { describe, expect, it } from 'vitest'
import { loadCheckpoint } from '../load'
import {
  call,
  dict,
  global,
  integer,
  join,
  list,
  no,
  none,
  pickle,
  storageId,
  tensor,
  text,
  tuple,
  yes,
} from '../testing/hand-made-pickle'
import { torchZip, zip } from '../testing/hand-made-zip'

const bytesOf = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer)
const six = bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5))
const float = { storage: 'Float', key: '0', length: 6 }
const plain = { ...float, shape: [2, 3], strides: [3, 1] }

async function load(value: Uint8Array, storages: Record<string, Uint8Array> = { 0: six }) {
  return loadCheckpoint(torchZip(pickle(value), storages))
}

describe('tensors of a torch zip', () => {
  it('come with dotted names, shapes and values', async () => {
    const { format, tensors } = await load(dict(['model', dict(['a.weight', tensor(plain)])]))
    expect(format).toBe('torch-zip')
    expect([...tensors]).toEqual([
      ['model.a.weight', { shape: [2, 3], dtype: 'float32', data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
    ])
  })

  it('become contiguous when they were transposed, cut out, or stepped', async () => {
    const { tensors } = await load(
      dict(
        ['transposed', tensor({ ...float, shape: [3, 2], strides: [1, 3] })],
        ['column', tensor({ ...float, offset: 1, shape: [2], strides: [3] })],
        ['row', tensor({ ...float, offset: 3, shape: [3], strides: [1] })],
        ['expanded', tensor({ ...float, offset: 5, shape: [2, 2], strides: [0, 0] })],
        ['scalar', tensor({ ...float, offset: 4, shape: [], strides: [] })],
        ['empty', tensor({ ...float, shape: [0, 3], strides: [3, 1] })],
      ),
    )
    expect(Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data]]))).toEqual({
      transposed: [0, 3, 1, 4, 2, 5],
      column: [1, 4],
      row: [3, 4, 5],
      expanded: [5, 5, 5, 5],
      scalar: [4],
      empty: [],
    })
  })

  it('that share a storage do not share memory', async () => {
    const { tensors } = await load(dict(['a', tensor(plain)], ['b', tensor(plain)]))
    expect(tensors.get('a')).toEqual(tensors.get('b'))
    expect(tensors.get('a')!.data.buffer).not.toBe(tensors.get('b')!.data.buffer)
  })

  it('of every element type become numbers', async () => {
    const cases: [storage: string, bytes: Uint8Array, dtype: string, values: number[]][] = [
      ['Double', bytesOf(Float64Array.of(0.5, -2)), 'float64', [0.5, -2]],
      ['Half', bytesOf(Uint16Array.of(0x3c00, 0xc100)), 'float16', [1, -2.5]],
      ['BFloat16', bytesOf(Uint16Array.of(0x3f80, 0xc020)), 'bfloat16', [1, -2.5]],
      ['Long', bytesOf(BigInt64Array.of(7n, -2147483648n)), 'int64', [7, -2147483648]],
      ['Int', bytesOf(Int32Array.of(1, -1)), 'int32', [1, -1]],
      ['Short', bytesOf(Int16Array.of(1, -1)), 'int16', [1, -1]],
      ['Char', bytesOf(Int8Array.of(1, -1)), 'int8', [1, -1]],
      ['Byte', Uint8Array.of(1, 255), 'uint8', [1, 255]],
      ['Bool', Uint8Array.of(0, 1), 'bool', [0, 1]],
    ]
    for (const [storage, bytes, dtype, values] of cases) {
      const made = { storage, key: '0', length: 2, shape: [2], strides: [1] }
      const { tensors } = await load(dict(['x', tensor(made)]), { 0: bytes })
      const backwards = await load(dict(['x', tensor({ ...made, shape: [2, 1], strides: [1, 9] })]), {
        0: bytes,
      })
      expect(tensors.get('x')!.dtype).toBe(dtype)
      expect([...tensors.get('x')!.data]).toEqual(values)
      expect([...backwards.tensors.get('x')!.data]).toEqual(values)
    }
  })

  it('of int64 beyond int32 are refused by name, unless not asked for', async () => {
    const made = { storage: 'Long', key: '1', length: 1, shape: [1], strides: [1] }
    const value = dict(['seed', tensor(made)], ['w', tensor(plain)])
    const file = torchZip(pickle(value), { 0: six, 1: bytesOf(BigInt64Array.of(2n ** 40n)) })
    await expect(loadCheckpoint(file)).rejects.toThrow(/tensor 'seed': element 0 is 1099511627776/)
    const { tensors } = await loadCheckpoint(file, { only: (name) => name === 'w' })
    expect([...tensors.keys()]).toEqual(['w'])
  })

  it('wrapped as parameters, alone, or in lists are found', async () => {
    const parameter = call(global('torch._utils', '_rebuild_parameter'), tensor(plain), yes, none)
    expect([...(await load(parameter)).tensors.keys()]).toEqual(['tensor'])
    const nested = dict(['state', dict([integer(3), list(tensor(plain), none, parameter)])])
    expect([...(await load(nested)).tensors.keys()]).toEqual(['state.3.0', 'state.3.2'])
  })
})

describe('what is not a tensor', () => {
  const namespace = join(
    global('argparse', 'Namespace'),
    0x29,
    0x81,
    dict(['lr', join(0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)], ['amp', yes]),
    0x62,
  )

  it('becomes metadata: numbers, text, flags, and namespaces as dicts', async () => {
    const { metadata } = await load(
      dict(['epoch', integer(7)], ['arch', text('vit')], ['args', namespace], ['x', none]),
    )
    expect(metadata).toEqual({ epoch: '7', arch: 'vit', 'args.lr': '0.5', 'args.amp': 'true' })
  })

  it('cannot touch prototypes through its names', async () => {
    const { metadata } = await load(
      dict(['__proto__', text('a')], ['constructor', dict(['prototype', text('b')])]),
    )
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'a'],
      ['constructor.prototype', 'b'],
    ])
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype)
  })

  it('is passed over when it is a numpy scalar', async () => {
    const dtype = call(global('numpy', 'dtype'), text('f8'), no, yes)
    const raw = call(global('_codecs', 'encode'), text('12345678'), text('latin1'))
    const scalar = call(global('numpy.core.multiarray', 'scalar'), join(dtype, tuple(integer(3)), 0x62), raw)
    const { tensors, metadata } = await load(dict(['best', scalar], ['w', tensor(plain)]))
    expect([...tensors.keys()]).toEqual(['w'])
    expect(metadata).toEqual({})
  })
})

describe('a torch zip that lies', () => {
  const refused = (value: Uint8Array, message: RegExp, storages?: Record<string, Uint8Array>) =>
    expect(load(value, storages)).rejects.toThrow(message)

  it('about the reach of a tensor is refused', async () => {
    await refused(tensor({ ...plain, shape: [3, 3] }), /reaches element 8 of a storage of 6/)
    await refused(tensor({ ...plain, offset: 1 }), /reaches element 6/)
    await refused(tensor({ ...plain, strides: [3] }), /size \[2,3\] with strides \[3\]/)
    await refused(tensor({ ...plain, strides: [-3, 1] }), /stride of -3/)
    await refused(tensor({ ...plain, shape: [2n ** 62n, 1] }), /size of 4611686018427387904/)
    await refused(tensor({ ...plain, shape: [2 ** 40, 2 ** 40], strides: [0, 0] }), /a tensor of size/)
  })

  it('about the size of a storage is refused before memory is taken', async () => {
    await refused(
      tensor({ ...plain, length: 2 ** 45 }),
      /wants a storage of 140737488355328 bytes, which has 24/,
    )
    await refused(tensor({ ...plain, length: 7 }), /wants a storage of 28 bytes, which has 24/)
    await refused(tensor({ ...plain, key: '../0' }), /storage '..\/0', which the file lacks/)
  })

  it('by expanding one element to terabytes is refused', async () => {
    await refused(
      tensor({ ...plain, shape: [2 ** 40], strides: [0] }),
      /brings the file's \d+ bytes to 4398046511104/,
    )
    const many = Array.from(
      { length: 40 },
      (_, i) => [`t${i}`, tensor({ ...plain, shape: [2 ** 20], strides: [0] })] as const,
    )
    await refused(dict(...many), /tensor 't16' .* refused/)
  })

  it('about its byte order or checksum is refused', async () => {
    const order = { name: 'root/byteorder', bytes: new TextEncoder().encode('big') }
    await expect(loadCheckpoint(torchZip(pickle(tensor(plain)), { 0: six }, [order]))).rejects.toThrow(
      /byte order 'big'/,
    )
    const wrong = zip([
      { name: 'root/data.pkl', bytes: pickle(tensor(plain)) },
      { name: 'root/data/0', bytes: six, crc32: 1 },
    ])
    await expect(loadCheckpoint(wrong)).rejects.toThrow(/'root\/data\/0' is corrupt/)
    expect((await loadCheckpoint(wrong, { checksums: false })).tensors.size).toBe(1)
  })

  it('about names is refused: two alike, none at all, unusable keys', async () => {
    await refused(dict(['a', dict(['b', tensor(plain)])], ['a.b', tensor(plain)]), /names two tensors 'a.b'/)
    await refused(dict([tuple(), tensor(plain)]), /a list of 0 as a key/)
    await refused(dict(['x'.repeat(5000), tensor(plain)]), /name longer than 1024/)
    await expect(loadCheckpoint(zip([{ name: 'a.txt', bytes: six }]))).rejects.toThrow(
      /0 entries ROOT\/data.pkl/,
    )
  })

  it('with a foreign storage or tensor kind is refused by name', async () => {
    const complex = storageId({ ...plain, storage: 'ComplexFloat' })
    await refused(complex, /torch\.ComplexFloatStorage, which is not allowed/)
    await refused(
      global('torch._utils', '_rebuild_sparse_tensor'),
      /_rebuild_sparse_tensor, which is not allowed/,
    )
    await refused(join(tuple(text('module'), none), 0x51), /persistent id of kind 'module'/)
    await refused(
      join(tuple(text('storage'), global('torch', 'Size'), text('0')), 0x51),
      /storage of type torch.Size/,
    )
  })
})
