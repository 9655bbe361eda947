import { PbfWriter } from 'pbf'
import { type Attribute, type Graph, type GraphData, isHalf, type Node, onnxType, type Value } from '../graph'
import { halfBits } from './half-bits'

/** Constants from this many bytes on leave the protobuf, which ends at 2 GB and is copied by every reader. */
const inlineLimit = 1024

/** A model file and the bytes of its large constants. */
export interface OnnxModel {
  readonly bytes: Uint8Array
  /** External initialisers: location and bytes, as ONNX Runtime's `externalData` takes them. */
  readonly external: readonly { readonly path: string; readonly data: Uint8Array }[]
  /** Constants that became inputs of the model, by name: to be fed with every run. */
  readonly lent: readonly { readonly name: string; readonly value: Value }[]
}

export interface ModelOptions {
  /** Large constants leave the protobuf. */
  readonly external: boolean
  /** Constants to write as inputs. Default: none. */
  readonly lend?: (value: Value) => boolean
  /** Values whose turn comes in this order, by nodes that nobody reads; see `valuesToAskFor`. Default: none. */
  readonly ask?: readonly Value[]
  /** Text that the file carries for its users, by key. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Field numbers are those of onnx.proto (ONNX 1.15, IR 8, opset 18). */
export function writeModel(graph: Graph, options: ModelOptions): OnnxModel {
  const external: { path: string; data: Uint8Array }[] = []
  const names = nameValues(graph)
  const found = collectConstants(graph)
  const lent = options.lend ? found.filter(options.lend).map((value) => ({ name: names(value), value })) : []
  const constants = options.lend ? found.filter((value) => !options.lend!(value)) : found
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, 8)
  pbf.writeStringField(2, 'univ')
  pbf.writeMessage(
    7,
    (_, out) => {
      for (const value of constants.filter(isFill))
        out.writeMessage(1, writeFill, { value, name: names(value) })
      for (const node of graph.nodes) out.writeMessage(1, writeNode, { node, names })
      for (const [name, value] of Object.entries(graph.outputs)) {
        if (names(value) === name) continue
        out.writeMessage(1, writeNode, {
          node: { op: 'Identity', domain: '', inputs: [value], outputs: [], attributes: {} },
          names,
          outputs: [name],
        })
      }
      // Of nodes without readers ONNX Runtime begins with the last.
      for (const value of [...(options.ask ?? [])].reverse()) {
        out.writeMessage(1, writeNode, {
          node: { op: 'Size', domain: '', inputs: [value], outputs: [], attributes: {} },
          names,
          outputs: [`${names(value)}.size`],
        })
      }
      out.writeStringField(2, 'program')
      for (const value of constants) {
        if (isFill(value)) {
          const shape = BigInt64Array.from(value.shape, BigInt)
          const vector: Value = { id: -1, shape: [shape.length], dtype: 'int64', data: shape }
          out.writeMessage(5, writeTensor, {
            value: vector,
            name: shapeName(names(value)),
            data: bytesOf(shape),
            external: false,
          })
          continue
        }
        const data = bytesOf(value.data ?? scalarData(value))
        const away = options.external && data.byteLength >= inlineLimit
        if (away) external.push({ path: names(value), data })
        out.writeMessage(5, writeTensor, { value, name: names(value), data, external: away })
      }
      for (const value of graph.inputs) out.writeMessage(11, writeValueInfo, { name: value.input!, value })
      for (const item of lent) out.writeMessage(11, writeValueInfo, item)
      for (const [name, value] of Object.entries(graph.outputs))
        out.writeMessage(12, writeValueInfo, { name, value })
    },
    null,
  )
  const blocked = graph.nodes.some(({ domain }) => domain === 'com.microsoft.nchwc')
  for (const [domain, version] of [
    ['', 18],
    ['com.microsoft', 1],
    ...(blocked ? [['com.microsoft.nchwc', 1] as const] : []),
  ] as const) {
    pbf.writeMessage(
      8,
      (_, out) => {
        out.writeStringField(1, domain)
        out.writeVarintField(2, version)
      },
      null,
    )
  }
  for (const entry of Object.entries(options.metadata ?? {})) pbf.writeMessage(14, writeText, entry)
  return { bytes: pbf.finish(), external, lent }
}

function writeText([key, value]: readonly [string, string], out: PbfWriter): void {
  out.writeStringField(1, key)
  out.writeStringField(2, value)
}

type Names = (value: Value) => string

/** A computed value is named for the output that it is; what else an output shows is copied into it. */
function nameValues({ inputs, outputs }: Graph): Names {
  const known = new Map(inputs.map((value) => [value.id, value.input!]))
  for (const [name, value] of Object.entries(outputs))
    if (value.producer && !known.has(value.id)) known.set(value.id, name)
  return (value) => known.get(value.id) ?? `v${value.id}`
}

function collectConstants(graph: Graph): Value[] {
  const found = new Map<number, Value>()
  const values = [...graph.nodes.flatMap((node) => node.inputs), ...Object.values(graph.outputs)]
  for (const value of values) if (value.data || value.fill !== undefined) found.set(value.id, value)
  return [...found.values()]
}

function scalarData({ dtype, fill }: Value): GraphData {
  if (isHalf(dtype)) return halfBits(Float32Array.of(fill!), dtype)
  switch (dtype) {
    case 'float32':
      return Float32Array.of(fill!)
    case 'int64':
      return BigInt64Array.of(BigInt(fill!))
    case 'int32':
      return Int32Array.of(fill!)
    case 'int8':
      return Int8Array.of(fill!)
    case 'uint8':
    case 'bool':
      return Uint8Array.of(fill!)
  }
}

const bytesOf = (data: GraphData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** A constant of equal elements takes no room in the file: `ConstantOfShape` of its shape and its one value. */
function writeFill({ value, name }: { value: Value; name: string }, out: PbfWriter): void {
  out.writeStringField(1, shapeName(name))
  out.writeStringField(2, name)
  out.writeStringField(4, 'ConstantOfShape')
  out.writeMessage(
    5,
    (_, attribute) => {
      attribute.writeStringField(1, 'value')
      const single = {
        value: { ...value, shape: [1] },
        name: '',
        data: bytesOf(scalarData(value)),
        external: false,
      }
      attribute.writeMessage(5, writeTensor, single)
      attribute.writeVarintField(20, 4)
    },
    null,
  )
}

const shapeName = (name: string): string => `${name}.shape`

const isFill = (value: Value): boolean => value.fill !== undefined && value.shape.length > 0

interface NodeText {
  readonly node: Node
  readonly names: Names
  readonly outputs?: readonly string[]
}

function writeNode({ node, names, outputs }: NodeText, out: PbfWriter): void {
  for (const input of node.inputs) out.writeStringField(1, names(input))
  for (const output of outputs ?? node.outputs.map(names)) out.writeStringField(2, output)
  out.writeStringField(4, node.op)
  for (const [name, value] of Object.entries(node.attributes))
    out.writeMessage(5, writeAttribute, { name, value })
  if (node.domain) out.writeStringField(7, node.domain)
}

function writeAttribute({ name, value }: { name: string; value: Attribute }, out: PbfWriter): void {
  out.writeStringField(1, name)
  if (typeof value === 'number') {
    out.writeVarintField(3, value)
    out.writeVarintField(20, 2)
  } else if (typeof value === 'string') {
    out.writeStringField(4, value)
    out.writeVarintField(20, 3)
  } else if ('float' in value) {
    out.writeFloatField(2, value.float)
    out.writeVarintField(20, 1)
  } else {
    for (const item of value) out.writeVarintField(8, item)
    out.writeVarintField(20, 7)
  }
}

function writeTensor(
  { value, name, data, external }: { value: Value; name: string; data: Uint8Array; external: boolean },
  out: PbfWriter,
): void {
  for (const dim of value.shape) out.writeVarintField(1, dim)
  out.writeVarintField(2, onnxType[value.dtype])
  out.writeStringField(8, name)
  if (!external) {
    out.writeBytesField(9, data)
    return
  }
  for (const entry of Object.entries({ location: name, offset: '0', length: `${data.byteLength}` }))
    out.writeMessage(13, writeText, entry)
  out.writeVarintField(14, 1)
}

function writeValueInfo({ name, value }: { name: string; value: Value }, out: PbfWriter): void {
  out.writeStringField(1, name)
  out.writeMessage(
    2,
    (_, type) => {
      type.writeMessage(
        1,
        (__, tensor) => {
          tensor.writeVarintField(1, onnxType[value.dtype])
          tensor.writeMessage(
            2,
            (___, shape) => {
              for (const dim of value.shape)
                shape.writeMessage(1, (____, item) => item.writeVarintField(1, dim), null)
            },
            null,
          )
        },
        null,
      )
    },
    null,
  )
}
