// `node tools/install-tfjs-node.mjs [--python python3] [--wheel FILE]`: the engine tfjs:tensorflow for this checkout, where
// PyPI can be reached and the storage that tfjs-node's own install script asks for TensorFlow cannot. Installs
// @tensorflow/tfjs-node without writing it into package.json, takes libraries and headers out of the tensorflow-cpu wheel
// and compiles the binding (a C++ compiler and make are needed; Linux, Node 20 or 22). About 1.2 GB in node_modules; `npm
// install --no-save` takes it away again. Exit status 3: the wheel could not be had.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { python: { type: 'string', default: 'python3' }, wheel: { type: 'string' } },
})
const root = new URL('..', import.meta.url).pathname
const version = '4.22.0'

function run(command, words, options = {}) {
  console.log(`> ${command} ${words.join(' ')}`)
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(error.message)
  return status === 0
}
function must(done, what, status = 1) {
  if (done) return
  console.error(`install-tfjs-node: ${what}`)
  process.exit(status)
}

must(process.platform === 'linux', `made for Linux, this is ${process.platform}`)
const temporary = mkdtempSync(join(tmpdir(), 'univ-tfjs-node-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', temporary, 'tensorflow-cpu']
if (!values.wheel)
  must(
    run(values.python, download),
    'pip cannot have the tensorflow-cpu wheel here; give one with --wheel FILE',
    3,
  )
const wheel =
  values.wheel ??
  join(
    temporary,
    readdirSync(temporary).find((name) => name.endsWith('.whl')),
  )
must(existsSync(wheel), `${wheel} does not exist`)
const unpacked = join(temporary, 'wheel')
must(run(values.python, ['-m', 'zipfile', '-e', wheel, unpacked]), `${wheel} is no wheel`)
const library = join(unpacked, 'tensorflow/libtensorflow_cc.so.2')
must(existsSync(library), `${wheel} holds no tensorflow/libtensorflow_cc.so.2`)

const install = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
must(run('npm', [...install, `@tensorflow/tfjs-node@${version}`]), 'tfjs-node cannot be installed')
const deps = join(root, 'node_modules/@tensorflow/tfjs-node/deps')
rmSync(deps, { recursive: true, force: true })
mkdirSync(join(deps, 'lib'), { recursive: true })
const move = (from, to) =>
  must(moved(join(unpacked, 'tensorflow', from), join(deps, to)), `${from} cannot be moved`)
move('include', 'include')
move('libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2')
move('libtensorflow_framework.so.2', 'lib/libtensorflow_framework.so.2')
// The names that the binding is linked with, and the one by which tfjs-node's script sees that nothing is to be fetched.
symlinkSync('libtensorflow_cc.so.2', join(deps, 'lib/libtensorflow.so'))
symlinkSync('libtensorflow_cc.so.2', join(deps, 'lib/libtensorflow.so.2.9.1'))
symlinkSync('libtensorflow_framework.so.2', join(deps, 'lib/libtensorflow_framework.so'))
const rebuild = ['rebuild', '@tensorflow/tfjs-node', '--ignore-scripts=false', '--foreground-scripts']
must(run('npm', rebuild), 'the binding does not compile')
const check = `const tf = require('@tensorflow/tfjs-node'); if (tf.getBackend() !== 'tensorflow') process.exit(1)`
must(run(process.execPath, ['-e', check]), 'the binding does not load')
console.log('tfjs:tensorflow is at hand: npx univ-train doctor')

/** Across file systems too. */
function moved(from, to) {
  try {
    renameSync(from, to)
    return true
  } catch {
    return run('cp', ['-r', from, to])
  }
}
