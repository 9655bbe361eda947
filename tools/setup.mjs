// Installs and builds, each only where something changed: `npm run setup` (also before `npm test` and `npm run demo`).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const root = new URL('..', import.meta.url).pathname
const stamp = `${root}node_modules/.univ-setup`

/** @param quiet What the command prints is shown only where it fails. */
function run(command, args, quiet = false) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? 'pipe' : 'inherit',
    maxBuffer: 2 ** 28,
    shell: process.platform === 'win32',
    env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' },
  })
  if (error) throw error
  if (status === 0) return
  if (quiet) process.stderr.write(Buffer.concat([stdout, stderr]))
  process.exit(status ?? 1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`UNIV needs Node 20.9 or later, this is ${process.versions.node}`)
  process.exit(1)
}

const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (installed !== lock) {
  console.log('setup: installing dependencies (no install scripts are run)')
  // Not `npm ci`: it refuses a lock in which another platform's optional binaries are left out.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, lock)
}
console.log('setup: building the packages that changed')
run('npx', ['nx', 'run-many', '-t', 'build', '--outputStyle=static'], true)
