import { describe, expect, it } from 'vitest'
import { loadCheckpoint } from '../load'
import {
  dict,
  integer,
  join,
  list,
  no,
  none,
  pickle,
  tensor,
  text,
  tuple,
  u64,
  yes,
} from '../testing/hand-made-pickle'
import { legacyStart } from './legacy-checkpoint'

const six = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer)
const float = { storage: 'Float', key: '9', length: 6, view: none }
const system = dict(['little_endian', yes])

interface Legacy {
  readonly value: Uint8Array
  readonly keys?: Uint8Array
  readonly storages?: Uint8Array
  readonly version?: number
  readonly system?: Uint8Array
}

function legacy({
  value,
  keys = list(text('9')),
  storages = join(u64(6), six),
  version = 1001,
  system: by = system,
}: Legacy) {
  return join(legacyStart, 0x2e, pickle(integer(version)), pickle(by), pickle(value), pickle(keys), storages)
}

describe('a legacy torch file', () => {
  const value = dict(['w', tensor({ ...float, shape: [3, 2], strides: [1, 3] })])

  it('gives its tensors', async () => {
    const { format, tensors } = await loadCheckpoint(legacy({ value }))
    expect(format).toBe('torch-legacy')
    expect(tensors.get('w')).toEqual({
      shape: [3, 2],
      dtype: 'float32',
      data: Float32Array.of(0, 3, 1, 4, 2, 5),
    })
  })

  it('may hold views on storages, as releases before 0.4 wrote them', async () => {
    const view = tuple(text('view'), integer(2), integer(3))
    const { tensors } = await loadCheckpoint(
      legacy({ value: tensor({ ...float, view, shape: [3], strides: [1] }) }),
    )
    expect([...tensors.get('tensor')!.data]).toEqual([2, 3, 4])
    const beyond = tensor({
      ...float,
      view: tuple(text('v'), integer(5), integer(3)),
      shape: [1],
      strides: [1],
    })
    await expect(loadCheckpoint(legacy({ value: beyond }))).rejects.toThrow(
      /a view of 3 elements at 5 on a storage of 6/,
    )
  })

  it('that lies about its storages is refused before memory is taken', async () => {
    const refused = (lie: Partial<Legacy>, message: RegExp) =>
      expect(loadCheckpoint(legacy({ value, ...lie }))).rejects.toThrow(message)
    await refused({ storages: join(u64(2 ** 40), six) }, /storage '9' of 4398046511104 bytes wanted, 24 left/)
    await refused({ storages: join(u64(2n ** 63n), six) }, /beyond any file/)
    await refused({ storages: join(u64(5), six) }, /wants a storage of 24 bytes, which has 20/)
    await refused({ keys: list() }, /storage '9', which the file lacks/)
    await refused({ keys: list(text('9'), text('9')) }, /listed twice/)
    await refused({ keys: list(text('8')) }, /storage '8' belongs to no tensor/)
    await refused({ keys: none }, /the list of storages wanted, not None/)
  })

  it('of another version or byte order is refused', async () => {
    await expect(loadCheckpoint(legacy({ value, version: 1 }))).rejects.toThrow(/version 1 of torch's format/)
    await expect(loadCheckpoint(legacy({ value, system: dict(['little_endian', no]) }))).rejects.toThrow(
      /big-endian/,
    )
    await expect(loadCheckpoint(legacy({ value, system: none }))).rejects.toThrow(
      /system's description wanted/,
    )
  })
})
