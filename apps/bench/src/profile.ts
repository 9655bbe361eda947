import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { temporaryFolder } from './temporary-folder'

/** Time of one kind of operator. */
export interface OpTime {
  /** Operator and where it ran: `Gemm`, `Softmax (webgpu)`. */
  readonly op: string
  readonly calls: number
  readonly ms: number
  readonly share: number
}

const events = z.array(
  z.looseObject({
    cat: z.string(),
    name: z.string(),
    dur: z.number(),
    args: z.looseObject({ op_name: z.string().optional(), provider: z.string().optional() }).optional(),
  }),
)

/** Runs with a path prefix for the engine's profile and sums the kernels' times by operator, longest first. */
export async function withProfile<T>(
  run: (prefix: string) => Promise<T>,
): Promise<{ readonly result: T; readonly ops: OpTime[] }> {
  const folder = temporaryFolder('univ-profile-')
  const result = await run(join(folder, 'ort'))
  const [file] = readdirSync(folder)
  if (!file)
    throw new Error('--profile: this engine wrote no profile; profiles come from cpu, webgpu and cuda')
  return { result, ops: sumByOp(readFileSync(join(folder, file), 'utf8')) }
}

/** @param text ONNX Runtime's profile: Chrome trace events, microseconds */
export function sumByOp(text: string): OpTime[] {
  const sums = new Map<string, { calls: number; ms: number }>()
  for (const { cat, name, dur, args } of events.parse(JSON.parse(text))) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue
    const provider = (args?.provider ?? '').replace('ExecutionProvider', '').toLowerCase()
    const op = `${args?.op_name ?? name}${provider === 'cpu' || provider === '' ? '' : ` (${provider})`}`
    const sum = sums.get(op) ?? { calls: 0, ms: 0 }
    sums.set(op, sum)
    sum.calls++
    sum.ms += dur / 1000
  }
  const total = [...sums.values()].reduce((all, { ms }) => all + ms, 0)
  return [...sums.entries()]
    .map(([op, { calls, ms }]) => ({ op, calls, ms, share: ms / total }))
    .sort((a, b) => b.ms - a.ms)
}
