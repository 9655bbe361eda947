// One archive that runs UNIV on a bare x86-64 Linux machine without a network: Node, ONNX Runtime, the built apps, and
// the GPU tests of every package with what they need.
//
//   npm run pack-offline [-- --out univ-offline.tar.xz]
//
// There: tar -xJf univ-offline.tar.xz && cd univ-offline && ./univ-train doctor && ./run-gpu-tests.sh result.json
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const limitMb = 60
const root = resolve(new URL('..', import.meta.url).pathname)
const { values } = parseArgs({ options: { out: { type: 'string', default: 'univ-offline.tar.xz' } } })
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `pack-offline takes its binaries from here: run it on x86-64 Linux, not ${process.platform} ${process.arch}`,
  )
  process.exit(1)
}

const readPackage = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const workspaces = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group))
    .map((name) => join(group, name))
    .filter((folder) => existsSync(join(root, folder, 'package.json'))),
)

/** Where Node finds `name` from `folder`; optional dependencies of other platforms are not there. */
function find(name, folder) {
  for (let at = folder; at.startsWith(root); at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
  }
  return undefined
}

/** Every folder that the apps and the test runner reach. */
function closure() {
  const seen = new Set()
  const visit = (folder) => {
    if (seen.has(folder)) return
    seen.add(folder)
    const { dependencies, optionalDependencies } = readPackage(folder)
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = find(name, folder)
      if (found) visit(realpathSync(found))
    }
  }
  for (const folder of workspaces) {
    visit(join(root, folder))
    for (const name of Object.keys(readPackage(join(root, folder)).devDependencies ?? {}))
      visit(realpathSync(find(name, join(root, folder))))
  }
  visit(realpathSync(find('vitest', root)))
  return [...seen].filter((folder) => folder.includes('node_modules'))
}

// What no program reads at run time, and what another platform would need.
const unread = [
  /\.(map|d\.ts|d\.mts|d\.cts|md|flow|ts|tsx)$/,
  /\/(test|tests|__tests__|docs|example|examples|\.github)\//,
  /\/@tensorflow\/tfjs-[^/]+\/dist\/(tf-|bin)(?!.*\.node\.js$)/,
  /\/@tensorflow\/tfjs-[^/]+\/(src|dist\/tf-[^/]*\.min\.js)/,
  /\/onnxruntime-node\/bin\/napi-v\d+\/(?!linux\/x64)/,
  /\/onnxruntime-node\/bin\/.*(providers_cuda|providers_tensorrt)/,
  /\/echarts\/(build|i18n|src|theme|types|ssr|asset)\//,
  /\/(echarts|zrender)\/dist\//, // whole bundles; reports import parts from lib
  /\/@tensorflow\/.*(_test\.js$|\/miniprogram\/)/,
  /\/bare-[^/]+\/prebuilds\//, // another runtime's binaries
  /\/lightningcss-/, // vite's, for style sheets
  /\/zod\/src\//,
]
const isRead = (path) => !unread.some((pattern) => pattern.test(path))

const staging = mkdtempSync(join(tmpdir(), 'univ-offline-'))
const target = join(staging, 'univ-offline')
const copy = (from, filter = isRead) =>
  cpSync(join(root, from), join(target, from), {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || filter(path),
  })

for (const folder of workspaces) {
  for (const part of ['package.json', 'bin', 'src', 'dist', 'fixtures'])
    if (existsSync(join(root, folder, part)))
      copy(join(folder, part), (path) => part === 'src' || isRead(path))
}
for (const path of [
  'package.json',
  'configs',
  'vitest.config.ts',
  'vitest.gpu.config.ts',
  'vitest.temporary.ts',
  'tsconfig.base.json',
  'tsconfig.json',
  'LICENSE',
])
  copy(path, () => true)
for (const folder of closure()) {
  const from = relative(root, folder)
  const nested = `${folder}/node_modules/`
  cpSync(folder, join(target, from), {
    recursive: true,
    filter: (path) => !`${path}/`.startsWith(nested) && (statSync(path).isDirectory() || isRead(path)),
  })
}
mkdirSync(join(target, 'node_modules/@univ'), { recursive: true })
for (const folder of workspaces)
  symlinkSync(join('../..', folder), join(target, 'node_modules', readPackage(join(root, folder)).name))

mkdirSync(join(target, 'bin'))
copyFileSync(process.execPath, join(target, 'bin/node'))
spawnSync('strip', ['--strip-unneeded', join(target, 'bin/node')]) // smaller where binutils are there
const vulkan = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib']
  .map((at) => join(at, 'libvulkan.so.1'))
  .find(existsSync)
if (vulkan) {
  mkdirSync(join(target, 'lib'))
  copyFileSync(realpathSync(vulkan), join(target, 'lib/libvulkan.so.1')) // the loader; drivers are the machine's own
} else console.warn('pack-offline: no libvulkan.so.1 here; the other machine must have its own Vulkan loader')

const start = `#!/bin/sh
# UNIV from the offline archive; the loader in lib/ is used where the machine has none.
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$here/bin:$PATH" LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
`
const script = (name, body) => writeFileSync(join(target, name), `${start}${body}`, { mode: 0o755 })
for (const folder of workspaces) {
  for (const [name, file] of Object.entries(readPackage(join(root, folder)).bin ?? {}))
    script(name, `exec node "$here/${join(folder, file)}" "$@"\n`)
}
for (const file of ['gpu-report.mjs', 'gpu-benchmark.mjs'])
  copyFileSync(join(root, 'tools', file), join(target, file))
script('run-gpu-tests.sh', 'cd "$here" && exec node gpu-report.mjs "$@"\n')

// What is packed must run by itself: the tests of one package, which skip where there is no GPU.
const trial = spawnSync(
  join(target, 'bin/node'),
  ['gpu-report.mjs', 'trial.json', '--tests-only', '--only', 'nn'],
  {
    cwd: target,
    encoding: 'utf8',
  },
)
if (trial.status !== 0) {
  console.error(`pack-offline: what was packed does not run:\n${trial.stdout}${trial.stderr}`)
  process.exit(1)
}
rmSync(join(target, 'trial.json'))

const out = resolve(values.out)
const { status, stderr } = spawnSync('tar', ['-C', staging, '-cJf', out, 'univ-offline'], {
  env: { ...process.env, XZ_OPT: '-9e -T0' },
})
rmSync(staging, { recursive: true })
if (status !== 0) {
  console.error(`pack-offline: tar failed: ${stderr}`)
  process.exit(1)
}
const megabytes = statSync(out).size / 1e6
console.log(`${out}: ${megabytes.toFixed(1)} MB`)
if (megabytes > limitMb) {
  console.error(`pack-offline: over ${limitMb} MB`)
  process.exit(1)
}
