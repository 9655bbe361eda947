import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { PacedProgram } from './by-turns'
import { type BenchOptions, peerWord, type TaskOptions, wordsOf } from './options'

/** Our own task as a program that runs at another's pace. */
export function pacedTask(options: TaskOptions, name: string): PacedProgram {
  // The bench's own entry: this module is bundled into it.
  const words = [
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...wordsOf(options),
    '--paced',
    '--json',
    '-',
  ]
  return { name, command: process.execPath, words }
}

/** Where the peer is, and how it runs. */
const given = ({ peer, python, style }: BenchOptions) => ({
  peer: peer ?? '../shared/bench/peer.py',
  python: python ?? 'python3',
  style: style ?? 'best',
})

/** Why the PyTorch peer cannot run here, or nothing. */
export function peerObstacle(options: BenchOptions): string | undefined {
  const { peer, python } = given(options)
  if (!existsSync(peer)) return `${peer} is not there; give --peer FILE`
  const { status, error } = spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
  if (error) return `${python} could not be started (${error.message}); give --python COMMAND`
  return status === 0 ? undefined : `${python} has no torch; give --python COMMAND`
}

/** The same task in PyTorch. @param engine Ours: the peer computes on a GPU where we do. */
export function pacedPeer(options: TaskOptions, engine: string): PacedProgram {
  const { peer, python, style } = given(options)
  const { task, model, batch, size, runs, full, threads, precision } = options
  const device = engine === 'cpu' || engine === 'tfjs:cpu' ? 'cpu' : 'cuda'
  const pacer = fileURLToPath(new URL('../../../tools/paced-peer.py', import.meta.url))
  return {
    name: peerWord,
    command: python,
    words: [
      ...[
        pacer,
        peer,
        task,
        '--model',
        model,
        '--batch',
        `${batch}`,
        '--size',
        `${size}`,
        '--runs',
        `${runs}`,
      ],
      ...['--style', style, '--device', device, '--dtype', precision],
      ...(full ? ['--full'] : []),
      ...(threads ? ['--threads', `${threads}`] : []),
    ],
  }
}
