// Runs every package's GPU tests, then the GPU benchmark, and writes one JSON: the machine, the engine, what passed and what
// failed, times and memory.
//
//   node tools/gpu-report.mjs [result.json] [--tests-only] [--only PACKAGE] [--peer peer.py --python python3]
//
// UNIV_GPU_ENGINE=webgpu asks for a software adapter by name (the benchmark then takes tiny tasks). With `--peer` every task
// runs beside PyTorch on CUDA.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { benchmark } from './gpu-benchmark.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'tests-only': { type: 'boolean', default: false },
    only: { type: 'string' },
    peer: { type: 'string' },
    python: { type: 'string', default: 'python3' },
  },
})
const out = positionals[0] ?? 'gpu-report.json'
const scratch = mkdtempSync(join(tmpdir(), 'univ-gpu-'))

const hasGpuTests = (name) =>
  readdirSync(join('packages', name, 'src'), { recursive: true }).some((file) =>
    file.endsWith('.gpu.test.ts'),
  )

function testPackage(name) {
  const json = join(scratch, `${name}.json`)
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'vitest.gpu.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${json}`,
      `packages/${name}/`,
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
  const said = /test:gpu: (.*)/.exec(stdout)?.[1] ?? 'the tests did not say'
  if (!existsSync(json)) return { package: name, engine: said, error: (stderr || stdout).slice(-2000) }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
    readFileSync(json, 'utf8'),
  )
  // A runner that could not even begin writes a report of nothing.
  if (numPassedTests + numFailedTests + numPendingTests === 0)
    return { package: name, engine: said, error: `no test ran: ${(stderr || stdout).slice(-2000)}` }
  const failures = testResults.flatMap(({ message, assertionResults }) => [
    ...(message ? [message] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ').slice(0, 1000)}`),
  ])
  return {
    package: name,
    engine: said,
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests,
    failures,
  }
}

const smi = spawnSync(
  'nvidia-smi',
  ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'],
  { encoding: 'utf8' },
)
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  memoryGib: Math.round(totalmem() / 2 ** 30),
  gpu: smi.status === 0 ? smi.stdout.trim() : 'nvidia-smi is not there',
}
const packages = readdirSync('packages')
  .filter((name) => hasGpuTests(name) && (values.only ?? name) === name)
  .map(testPackage)
rmSync(scratch, { recursive: true })

for (const { package: name, engine, passed, failed, skipped, error, failures = [] } of packages) {
  console.log(
    `${name.padEnd(12)} ${engine}: ${error ? 'did not run' : `${passed} passed, ${failed} failed, ${skipped} skipped`}`,
  )
  for (const line of [error, ...failures].filter(Boolean)) console.log(`  ${line.split('\n')[0]}`)
}

const { gpuEngine } = await import(pathToFileURL(resolve('packages/compile/dist/index.js')).href)
const gpu = gpuEngine()
const peer = values.peer && { file: values.peer, python: values.python }
const said = (result) =>
  result.error ? `failed: ${result.error}` : `${result.ms} ms, ${result.peak_rss_mb} MB`
const benchmarks =
  values['tests-only'] || gpu.skipped
    ? []
    : benchmark(gpu.engine, peer, ({ task, model, batch, full, precision, ours, peer: theirs, ratio }) => {
        const name = `${task}${full ? ' --full' : ''}, ${model}, batch ${batch}, ${precision}`
        const beside = theirs ? `; peer ${said(theirs)}${ratio ? `; ratio ${ratio}` : ''}` : ''
        console.log(`${name}: ${said(ours)}${beside}`)
      })
writeFileSync(
  out,
  `${JSON.stringify({ machine, engine: gpu.engine ?? gpu.skipped, packages, benchmarks }, null, 2)}\n`,
)
console.log(out)
if (packages.length === 0) console.error(`no package '${values.only}' with GPU tests`)
if (packages.length === 0 || packages.some(({ error, failed }) => error || failed > 0)) process.exit(1)
