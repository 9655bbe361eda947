// `npm run try-packages`: packs every package as npm would publish it, installs them in an empty project, and there
// type-checks and runs every TypeScript example of the READMEs, of docs/extending.md and of docs/deploy.md, and starts every command. What a user of single packages meets.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

parseArgs({ options: {} }) // there is nothing to choose: a flag is a mistake
const root = new URL('..', import.meta.url).pathname
const project = mkdtempSync(join(tmpdir(), 'univ-packages-'))
process.on('exit', () => rmSync(project, { recursive: true, force: true }))

function run(command, words, cwd = project) {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  console.error(
    `${command} ${words.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`,
  )
  process.exit(1)
}
const json = (path) => JSON.parse(readFileSync(path, 'utf8'))

const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => join(root, group, name)),
)
const published = folders.filter((folder) => !json(join(folder, 'package.json')).private)
const dependencies = Object.fromEntries(
  published.map((folder) => {
    const [{ name, filename }] = JSON.parse(
      run('npm', ['pack', '--json', '--pack-destination', project], folder),
    )
    return [name, `file:${filename}`]
  }),
)
const { devDependencies } = json(join(root, 'package.json'))
const { version } = json(join(root, 'node_modules/@tensorflow/tfjs-core/package.json'))
const tools = { typescript: devDependencies.typescript, '@types/node': devDependencies['@types/node'] }
writeFileSync(
  join(project, 'package.json'),
  JSON.stringify({
    type: 'module',
    private: true,
    dependencies: { ...dependencies, ...tools, '@tensorflow/tfjs-backend-cpu': version },
  }),
)
console.log(`packages: ${published.length} packed, being installed`)
run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])

// What the examples' files stand for.
const checkpoint = join(root, 'fixtures/golden/mcmae-tiny/checkpoint.pth')
for (const name of ['encoder.pth', 'teacher.pth', 'fixtures/golden/mcmae-tiny/checkpoint.pth'])
  cpSync(checkpoint, join(project, name))
for (const modality of ['rgb', 'ir'])
  cpSync(
    join(root, `fixtures/golden/mcmae-tiny/images/${modality}-FLIR_05164.png`),
    join(project, `${modality}.png`),
  )
mkdirSync(join(project, 'data'))
const bin = (name) => join(project, 'node_modules/.bin', name)
run(bin('univ-mvip'), [
  'synthetic',
  '--out',
  'data/roadscene',
  '--sequences',
  '2',
  '--frames',
  '8',
  '--size',
  '96',
])
run(bin('univ-eval'), ['export', '--checkpoint', 'encoder.pth', '--out', 'encoder.onnx'])
for (const folder of published)
  for (const name of Object.keys(json(join(folder, 'package.json')).bin ?? {})) run(bin(name), ['--help'])

const pages = [
  ...published.map((folder) => join(folder, 'README.md')),
  ...['extending', 'deploy'].map((name) => join(root, `docs/${name}.md`)),
]
const examples = pages.flatMap((page) => {
  const name = page.endsWith('README.md') ? basename(dirname(page)) : basename(page, '.md')
  return [...readFileSync(page, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text], i) => {
    writeFileSync(join(project, `${name}-${i + 1}.ts`), text)
    return `${name}-${i + 1}`
  })
})
// Stricter than most projects: an example must not be the first thing that has to be mended.
const strictness = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true }
const compilerOptions = {
  ...strictness,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  target: 'es2022',
  module: 'nodenext',
  types: ['node'],
}
writeFileSync(
  join(project, 'tsconfig.json'),
  JSON.stringify({ compilerOptions, files: examples.map((name) => `${name}.ts`) }),
)
run(bin('tsc'), ['-p', '.'])
for (const name of examples) {
  const said = run(process.execPath, [`${name}.js`])
    .trim()
    .split('\n')
  console.log(`ok ${name}: ${said.at(-1)}`)
}
