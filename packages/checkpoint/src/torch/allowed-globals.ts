import type { CheckpointDType } from '../element-type'
import { describe, Inert, NamespaceDict, type PickleValue } from './pickle-value'
import { rebuildParameter, rebuildTensor } from './rebuild-tensor'

/** What an allowed name may do: stand for a storage type, be called, or be made (`NEWOBJ`). Nothing runs. */
export interface AllowedGlobal {
  /** Element type, for storage classes. */
  readonly storage?: CheckpointDType
  /** Our stand-in for a call. */
  readonly call?: (args: readonly PickleValue[], fail: (problem: string) => never) => PickleValue
}

const inert = (what: string): AllowedGlobal => ({ call: () => new Inert(what) })

const storages: Readonly<Record<string, CheckpointDType>> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
}

const dtypes = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
]

/**
 * The only names that a pickle may mention. Anything else is refused before it could mean something. A Map,
 * since a record would answer to `constructor`.
 */
export const allowedGlobals: ReadonlyMap<string, AllowedGlobal> = new Map<string, AllowedGlobal>([
  // `torch.cuda`: files of old releases saved from a GPU.
  ...['torch', 'torch.cuda'].flatMap((module) =>
    Object.entries(storages).map(([name, storage]): [string, AllowedGlobal] => [
      `${module}.${name}`,
      { storage },
    ]),
  ),
  ...dtypes.map((name): [string, AllowedGlobal] => [`torch.${name}`, {}]),
  ['torch._utils._rebuild_tensor', { call: rebuildTensor }],
  ['torch._utils._rebuild_tensor_v2', { call: rebuildTensor }],
  ['torch._utils._rebuild_parameter', { call: rebuildParameter }],
  ['torch._utils._rebuild_parameter_with_state', { call: rebuildParameter }],
  [
    'torch.Size',
    { call: ([items], fail) => (Array.isArray(items) ? items : fail(`torch.Size(${describe(items)})`)) },
  ],
  ['torch.device', inert('a torch.device')],
  ['collections.OrderedDict', { call: orderedDict }],
  ['argparse.Namespace', { call: () => new NamespaceDict() }],
  // Scores in training checkpoints are often numpy scalars. They are passed over, not decoded.
  ['numpy.core.multiarray.scalar', inert('a numpy scalar')],
  ['numpy._core.multiarray.scalar', inert('a numpy scalar')],
  ['numpy.dtype', inert('a numpy dtype')],
  ['_codecs.encode', inert('encoded bytes')],
])

/** `OrderedDict()` or, from Python 2, `OrderedDict([[key, value], …])`. */
function orderedDict(args: readonly PickleValue[], fail: (problem: string) => never): PickleValue {
  const [pairs] = args
  const dict = new Map<PickleValue, PickleValue>()
  if (pairs === undefined) return dict
  if (!Array.isArray(pairs)) return fail(`OrderedDict of ${describe(pairs)}`)
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return fail(`OrderedDict with item ${describe(pair)}`)
    dict.set(pair[0]!, pair[1]!)
  }
  return dict
}
