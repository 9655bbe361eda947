// Injects known faults into copies of real sets and counts which of them `build` and `verify` find.
// `node tools/inject-faults.mjs SET…`, e.g. ../shared/data/roadscene ../shared/data/msrs
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { buildDataset, openDataset, verifyDataset } from '../packages/mvip/dist/index.js'

const sharp = createRequire(new URL('../packages/mvip/package.json', import.meta.url))('sharp')
const sets = process.argv.slice(2)
if (sets.length === 0) throw new Error('which sets? node tools/inject-faults.mjs SET…')
const each = 8
const folder = mkdtempSync(join(tmpdir(), 'univ-faults-'))
const copies = sets.map((set) => join(folder, basename(set)))
for (const [i, set] of sets.entries()) cpSync(set, copies[i], { recursive: true })

const swap = ({ vi, ir }) => {
  const [visible, infrared] = [readFileSync(vi), readFileSync(ir)]
  writeFileSync(vi, infrared)
  writeFileSync(ir, visible)
}
const rewrite = async (file, change) =>
  writeFileSync(file, await change(sharp(readFileSync(file))).toBuffer())
/** What is done to a pair, and what verify and build are expected to call it. */
const faults = {
  missing: { do: ({ vi }) => rmSync(vi), verify: ['missing'], build: ['unlisted'] },
  empty: { do: ({ ir }) => writeFileSync(ir, ''), verify: ['empty'], build: ['unlisted'] },
  truncated: {
    do: ({ vi }) => truncateSync(vi, readFileSync(vi).length >> 1),
    verify: ['unreadable'],
    build: ['unreadable'],
  },
  swapped: { do: swap, verify: ['swapped'], build: ['swapped'] },
  resized: {
    do: ({ ir }) => rewrite(ir, (image) => image.resize(100, 80)),
    verify: ['wrong-size'],
    build: undefined,
  },
  changed: {
    do: ({ vi }) => rewrite(vi, (image) => image.modulate({ brightness: 1.1 })),
    verify: ['changed'],
    build: undefined,
  },
}

const clean = await buildDataset({ sources: copies, out: join(folder, 'clean') })
const dataset = openDataset(clean.out)
const pairs = []
for await (const record of dataset.records())
  pairs.push({
    id: record.id,
    vi: dataset.pathOf(record, record.vi.path),
    ir: dataset.pathOf(record, record.ir.path),
  })
const names = Object.keys(faults)
const stride = Math.floor(pairs.length / (each * names.length))
const injected = new Map()
for (let i = 0; i < each * names.length; i++) {
  const pair = pairs[i * stride]
  injected.set(pair.id, names[i % names.length])
  await faults[names[i % names.length]].do(pair)
}

const found = new Map()
for (const { id, fault } of (await verifyDataset(clean.out)).findings)
  found.set(id, [...(found.get(id) ?? []), fault])
const again = await buildDataset({ sources: copies, out: join(folder, 'again') })
const dropped = new Map()
for (const line of readFileSync(join(again.out, 'dropped.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .filter(Boolean)) {
  const { id, reason } = JSON.parse(line)
  // A file that makes no pair is named by its path: SOURCE/vi/STEM.jpg.
  dropped.set(id.replace(/\/(vi|ir)\//, '/').replace(/\.[a-z]+$/, ''), reason)
}
console.log('fault      injected  verify names it so  build leaves it out')
for (const name of names) {
  const ids = [...injected].filter(([, fault]) => fault === name).map(([id]) => id)
  const verified = ids.filter((id) =>
    found.get(id)?.every((fault) => faults[name].verify.includes(fault)),
  ).length
  const left = faults[name].build
    ? ids.filter((id) => faults[name].build.includes(dropped.get(id))).length
    : '-'
  console.log(
    `${name.padEnd(10)} ${String(ids.length).padStart(8)}  ${String(verified).padStart(18)}  ${String(left).padStart(19)}`,
  )
}
const innocent = [...found.keys()].filter((id) => !injected.has(id)).length
console.log(`sound pairs that verify complains of: ${innocent} of ${pairs.length - injected.size}`)
rmSync(folder, { recursive: true })
