import type { HostArray, Tree } from '@univ/nn'
import { checkArray } from './check-array'
import { checkOptions, checkSignature } from './check-options'
import { CompileError } from './compile-error'
import { chooseEngine } from './engines/choose'
import type { EngineName, EngineOptions, Executable } from './engines/engine'
import type { HeldArray } from './engines/held-array'
import { openSession } from './engines/onnxruntime'
import { openEager } from './engines/tfjs'
import type { Graph } from './graph'
import { writeModel } from './onnx/model'
import { optimise, type PassName } from './passes/passes'
import { recompute } from './passes/recompute'
import { inPrecision, type Precision, refusePrecision } from './precision'
import type { InputSpecs, Outputs, Program, Signature } from './program'
import { programState } from './program-state'
import { runnable } from './runnable'
import { type InputShapes, trace } from './trace/trace'
import { turns } from './turns'

export interface CompileOptions extends EngineOptions {
  /** Default `auto`. */
  readonly engine?: EngineName
  /** Graph passes to leave out (to measure or to prove them). */
  readonly without?: readonly PassName[]
  /**
   * `float16`: mixed precision, for GPU engines (the CPU computes the same numbers more slowly); `bfloat16`: the same for
   * `cuda`; `int8`: products with constant kernels in 8 bits, for inference on the CPU. Default `float32`.
   */
  readonly precision?: Precision
  /**
   * Name of the output at which the forward part ends (the loss): values between are not kept for the backward part but
   * computed again. Less memory, more time, the same numbers. Default: everything is kept.
   */
  readonly recompute?: string
  /**
   * On the CPU a batch is computed some images at a time where a value is larger than this many bytes, so that what reads it finds
   * it in the processor's cache. Default 16 MiB. Programs in other precisions are computed as a whole.
   */
  readonly tileBytes?: number
  /** Open the engine at the first run instead of at once: for who wants the graph alone. */
  readonly lazy?: boolean
}

/**
 * A program on an engine. Its state lives here, on `webgpu` and `tfjs:*` in the engine's memory, and advances with every run.
 * Runs, reads and writes happen in the order in which they were asked for.
 */
export interface CompiledProgram<
  Inputs extends InputSpecs = InputSpecs,
  State extends Tree<HostArray> = Tree<HostArray>,
  Results extends Outputs = Outputs,
> {
  /** The engine in use: `cpu`, `webgpu`, `cuda` or `tfjs:<backend>`. */
  readonly engine: string
  /** Why `auto` passed over better engines. */
  readonly notes: readonly string[]
  /**
   * Arrays are read in place: leave them alone until the promise resolves. ONNX Runtime computes on this thread and its own;
   * a server that must answer meanwhile runs programs in a worker thread.
   * @throws CompileError on missing, unknown or wrongly shaped inputs.
   */
  run(inputs: { readonly [Name in keyof Inputs]: HostArray }): Promise<{
    readonly [Name in keyof Results]: HostArray
  }>
  /** A copy of the state on the host. */
  readState(): Promise<State>
  /** @throws CompileError where a shape, type or name differs from the signature's; nothing is written then. */
  writeState(state: Tree<HostArray>): Promise<void>
  /**
   * The graph for these inputs' shapes as one self-contained ONNX file.
   * @param metadata Text that the file carries, by key.
   */
  toOnnx(inputs?: InputShapes, metadata?: Readonly<Record<string, string>>): Promise<Uint8Array>
  /** The traced graph, after the passes: for counting work. */
  graph(inputs?: InputShapes): Promise<Graph>
  dispose(): Promise<void>
}

/**
 * Traces a pure tfjs-core function into one ONNX graph and runs it in ONNX Runtime (or eagerly with `tfjs:*`). Types follow the
 * signature: an input of four dimensions is a `Tensor4D`, constants and state keep their form, outputs their names.
 * @param program Gradients (`tf.valueAndGrads`, `tf.customGrad`) may be taken inside.
 * @param signature Inputs change with every run, constants never, state is read and written back. Shapes are
 *   static: inputs with named dimensions compile one graph for each combination of sizes, and keep it. Arrays of
 *   constants and state are read in place: nobody may write into them afterwards.
 * @throws CompileError naming the kernel that has no lowering, or the place where a value was read.
 */
export async function compile<
  const Inputs extends InputSpecs,
  const Constants extends Tree<HostArray>,
  const State extends Tree<HostArray>,
  Results extends Outputs,
>(
  program: Program<Inputs, Constants, State, Results>,
  signature: Signature<Inputs, Constants, State>,
  options: CompileOptions = {},
): Promise<CompiledProgram<Inputs, State, Results>> {
  // The signature's types are for who writes the program; from here on it is one of any form.
  return compileAny(program as unknown as Program, signature, options) as Promise<
    CompiledProgram<Inputs, State, Results>
  >
}

async function compileAny(
  program: Program,
  signature: Signature,
  options: CompileOptions,
): Promise<CompiledProgram> {
  checkOptions(options)
  checkSignature(signature)
  const { engine, notes } = chooseEngine(options.engine ?? 'auto')
  const constants = signature.constants ?? {}
  const { inputs: specs } = signature
  const state = programState(signature.state ?? {})
  const opened = new Map<string, Promise<Executable>>()
  const inTurn = turns()
  let disposed = false

  const { precision = 'float32' } = options
  refusePrecision(precision, engine)

  const traced = async (shapes: InputShapes) => {
    const graph = await trace(program, shapes, constants, state.form)
    const made = inPrecision(graph, precision, (plain) => optimise(plain, options.without))
    return options.recompute === undefined ? made : recompute(made, options.recompute)
  }

  const open = async (shapes: InputShapes): Promise<Executable> => {
    if (engine.startsWith('tfjs:')) return openEager(program, engine.slice(5), constants, state.form)
    const inOrder = options.recompute !== undefined
    const graph = await runnable(await traced(shapes), precision, engine, options)
    return openSession(graph, engine, { ...options, inOrder })
  }

  const executableFor = (shapes: InputShapes): Promise<Executable> => {
    const key = JSON.stringify(Object.values(shapes).map(({ shape }) => shape))
    const known = opened.get(key)
    if (known) return known
    const fresh = open(shapes)
    opened.set(key, fresh)
    fresh.catch(() => opened.delete(key))
    return fresh
  }

  // With every dimension known the graph is made at once, so that errors come from `compile`, not from the first run.
  const fixed = fixedShapes(specs)
  if (fixed && !options.lazy) await executableFor(fixed)

  return {
    engine,
    notes,
    async run(inputs = {}) {
      if (disposed) throw new CompileError('the program was disposed of; compile it again')
      const shapes = checkInputs(specs, inputs)
      return inTurn(async () => {
        const executable = await executableFor(shapes)
        const feeds: Record<string, HostArray | HeldArray> = state.feeds()
        for (const [name, array] of Object.entries(inputs)) feeds[`input.${name}`] = array
        return state.advance(await executable.run(feeds))
      })
    },
    readState: () => inTurn(() => state.read()),
    writeState: (tree) => inTurn(async () => state.write(tree)),
    toOnnx: async (inputs, metadata) =>
      writeModel(await traced(shapesFor(specs, fixed, inputs)), { external: false, metadata }).bytes,
    graph: async (inputs) => traced(shapesFor(specs, fixed, inputs)),
    async dispose() {
      disposed = true
      await inTurn(async () => state.release())
      const executables = await Promise.all([...opened.values()])
      opened.clear()
      await Promise.all(executables.map((executable) => executable.dispose()))
    },
  }
}

function fixedShapes(inputs: Signature['inputs']): InputShapes | undefined {
  const open = Object.values(inputs).some(({ shape }) => shape.some((dim) => typeof dim === 'string'))
  return open ? undefined : (inputs as InputShapes)
}

function shapesFor(
  specs: Signature['inputs'],
  fixed: InputShapes | undefined,
  given: InputShapes | undefined,
): InputShapes {
  const shapes = given ?? fixed
  if (!shapes)
    throw new CompileError(
      `the signature has named dimensions: give the inputs' shapes (${Object.keys(specs).join(', ')})`,
    )
  return shapes
}

/** The concrete shapes of a call; equal names in the signature must meet equal sizes. */
function checkInputs(specs: Signature['inputs'], inputs: Readonly<Record<string, HostArray>>): InputShapes {
  const sizes = new Map<string, number>()
  const unknown = Object.keys(inputs).filter((name) => !specs[name])
  if (unknown.length > 0)
    throw new CompileError(
      `unknown input ${unknown.join(', ')}; the signature has ${Object.keys(specs).join(', ')}`,
    )
  const shapes: Record<string, Pick<HostArray, 'shape' | 'dtype'>> = {}
  for (const [name, spec] of Object.entries(specs)) {
    const array = inputs[name]
    if (!array) throw new CompileError(`input '${name}' is missing`)
    const shape = spec.shape.map((dim, i) => {
      if (typeof dim === 'number') return dim
      const size = sizes.get(dim) ?? array.shape[i] ?? -1
      sizes.set(dim, size)
      return size
    })
    checkArray(`input '${name}' (${spec.shape.join(', ')})`, array, shape, spec.dtype)
    shapes[name] = { shape, dtype: spec.dtype }
  }
  return shapes
}
