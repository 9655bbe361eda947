// `npm run bench:data -- [--pairs 256] [--data FOLDER] [--workers 2] [--python python3]`: pairs a second of our loader
// from folders, a manifest and shards; of PIL and torch's DataLoader on the same files, where that Python has torch; and
// of an MCMAE-tiny training step. One after another in the same run. Fails where the loader is slower than the peer, or
// than three times the step.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  buildDataset,
  listPairs,
  openPairLoader,
  openSource,
  paperAugmentation,
  writeBenchmark,
  writeShards,
} from '../packages/mvip/dist/index.js'

const text = (value) => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    pairs: text('256'),
    data: { type: 'string' },
    workers: text('2'),
    python: text('python3'),
    epochs: text('3'),
  },
})
const [batch, size] = [8, 224]
const [workers, epochs] = [Number(values.workers), Number(values.epochs)]
const folder = mkdtempSync(join(tmpdir(), 'univ-bench-data-'))
const here = (path) => new URL(path, import.meta.url).pathname
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const made = values.data ?? join(folder, 'made')
if (!values.data)
  await writeBenchmark(made, { sequences: Math.ceil(Number(values.pairs) / 8), frames: 8, size: 320 })
const [dataset, shards] = [join(folder, 'dataset'), join(folder, 'shards')]
await buildDataset({ sources: [made], out: dataset, duplicates: 'report' })
await writeShards(dataset, { out: shards, pairs: 64 })

async function rate(path) {
  const loader = openPairLoader({
    source: await openSource(path),
    batch,
    size,
    workers,
    reuse: true, // as univ-train does
    augment: paperAugmentation,
  })
  let [count, started] = [0, 0]
  for (let epoch = 0; epoch <= epochs; epoch++) {
    // The first epoch starts the workers.
    if (epoch === 1) started = performance.now()
    for await (const { ids } of loader.batches(epoch)) if (epoch > 0) count += ids.length
  }
  const perSecond = (1000 * count) / (performance.now() - started)
  await loader.close()
  return perSecond
}

function spawned(command, words) {
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (status !== 0) return { why: (error?.message ?? stderr).trim().split('\n').at(-1) }
  return { perSecond: JSON.parse(stdout.trim().split('\n').at(-1)).per_second }
}

const results = {}
for (const [name, path] of Object.entries({ folder: made, manifest: dataset, shards }))
  results[name] = await rate(path)
const list = join(folder, 'pairs.json')
writeFileSync(list, JSON.stringify(listPairs(made).pairs.map(({ vi, ir }) => ({ vi, ir }))))
const peer = spawned(
  values.python,
  [here('bench-data-peer.py'), list, workers, batch, size, epochs].map(String),
)
const task = [
  '--task',
  'step',
  '--model',
  'tiny',
  '--batch',
  String(batch),
  '--size',
  String(size),
  '--json',
  '-',
]
const step = spawned(process.execPath, [here('../apps/bench/dist/main.js'), ...task])

const line = (name, { perSecond, why }) =>
  console.log(
    `${name.padEnd(28)} ${perSecond === undefined ? `not measured: ${why}` : `${perSecond.toFixed(1)} pairs/s`}`,
  )
for (const [name, perSecond] of Object.entries(results)) line(`ours, ${name}`, { perSecond })
line('PIL and torch DataLoader', peer)
line('MCMAE-tiny training step', step)
const slowest = Math.min(...Object.values(results))
if (peer.perSecond > slowest || 3 * step.perSecond > slowest) {
  console.error('slower than was asked for: at least the peer, and three times the step')
  process.exitCode = 1
}
if (peer.perSecond === undefined || step.perSecond === undefined) process.exitCode = 1
