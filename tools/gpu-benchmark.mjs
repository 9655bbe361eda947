// What `gpu-report.mjs` measures once the tests have run: `npm run bench` tasks on the GPU engine, in single and in half
// precision, each in a process of its own; beside the PyTorch peer where one is given.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

const minutes = 10

/** A hardware GPU, or a software adapter, on which large tasks would take hours. */
const isHardware =
  existsSync('/dev/nvidia0') ||
  (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')))

const tasks = isHardware
  ? [
      { task: 'infer', model: 'base', batch: 1 },
      { task: 'infer', model: 'base', batch: 32 },
      { task: 'step', model: 'base', batch: 2 },
      { task: 'step', model: 'base', batch: 32 },
      { task: 'step', model: 'base', batch: 32, full: true },
      { task: 'seg-infer', model: 'base', batch: 1, size: 512 },
      { task: 'seg-step', model: 'base', batch: 2, size: 512 },
    ]
  : [
      { task: 'infer', model: 'tiny', batch: 1, size: 64 },
      { task: 'step', model: 'tiny', batch: 2, size: 64 },
      { task: 'step', model: 'tiny', batch: 2, size: 64, full: true },
      { task: 'seg-infer', model: 'tiny', batch: 1, size: 64 },
      { task: 'seg-step', model: 'tiny', batch: 2, size: 64 },
    ]

/** Runs a command whose last line is JSON. @returns that, or what went wrong */
function measured(command, words) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    timeout: minutes * 60_000,
    maxBuffer: 2 ** 28,
  })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1))
  if (error?.code === 'ETIMEDOUT') return { error: `stopped after ${minutes} minutes` }
  return { error: error?.message ?? (stderr.trim().split('\n').at(-1) || `ended by ${signal ?? status}`) }
}

/** @param peer `{ python, file }` of the PyTorch peer, or nothing. @returns a row for every task and precision */
export function benchmark(engine, peer, onRow) {
  const halves = { webgpu: ['float16'], cuda: ['float16', 'bfloat16'] }[engine] ?? []
  return ['float32', ...halves].flatMap((precision) =>
    tasks.map(({ task, model, batch, size = 224, full = false }) => {
      const common = [
        ...['--model', model, '--batch', `${batch}`, '--size', `${size}`, '--runs', '5'],
        ...(full ? ['--full'] : []),
      ]
      const ourWords = [
        '--task',
        task,
        ...common,
        '--engine',
        engine,
        '--precision',
        precision,
        '--json',
        '-',
      ]
      const ours = measured(process.execPath, ['apps/bench/dist/main.js', ...ourWords])
      const peerWords = [peer?.file, task, ...common, '--device', 'cuda', '--dtype', precision]
      const theirs = peer && measured(peer.python, peerWords)
      const ratio = ours.ms && theirs?.ms ? Number((ours.ms / theirs.ms).toFixed(3)) : undefined
      const row = { task, model, batch, size, full, precision, ours, peer: theirs, ratio }
      onRow(row)
      return row
    }),
  )
}
