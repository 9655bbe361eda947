// Shows that memory does not grow with the number of pairs: makes a synthetic set, builds, verifies and shards it, and
// prints resident memory at every tenth of each stage. `node tools/scale-data.mjs [pairs=100000] [folder]`
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDataset, verifyDataset, writeBenchmark, writeShards } from '../packages/mvip/dist/index.js'

const pairs = Number(process.argv[2] ?? 100_000)
if (!Number.isInteger(pairs) || pairs < 100)
  throw new Error(`${process.argv[2]}: a number of pairs from 100 on is wanted`)
const folder = process.argv[3] ?? join(tmpdir(), `univ-scale-${pairs}`)
mkdirSync(folder, { recursive: true })
const [made, out, shards] = ['made', 'dataset', 'shards'].map((name) => join(folder, name))

const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20)

/** Prints resident memory at every tenth of a stage. */
function watch(stage) {
  const started = performance.now()
  const seen = []
  return {
    at(done, total) {
      if (Math.floor((10 * done) / total) > seen.length - 1) seen.push(megabytes())
    },
    end(what) {
      const seconds = (performance.now() - started) / 1000
      console.log(`${stage}: ${what}, ${seconds.toFixed(0)} s, ${(pairs / seconds).toFixed(0)} pairs/s`)
      if (seen.length > 1) console.log(`  resident MB at every tenth: ${seen.join(' ')}`)
    },
  }
}

if (!existsSync(join(made, 'truth.jsonl'))) {
  const making = watch('synthetic')
  await writeBenchmark(made, {
    sequences: Math.ceil(pairs / 10),
    frames: 10,
    size: 64,
    misaligned: 0.1,
    offset: 12,
  })
  making.end(made)
}
const building = watch('build')
const { header } = await buildDataset({ sources: [made], out, duplicates: 'report', onProgress: building.at })
building.end(`${header.counts.kept} pairs kept`)
const verifying = watch('verify')
const { findings } = await verifyDataset(out, { onProgress: verifying.at })
verifying.end(`${findings.length} findings`)
const sharding = watch('shard')
const index = await writeShards(out, { out: shards, onProgress: sharding.at })
sharding.end(`${index.shards.length} shards of ${index.pairs} pairs`)
