import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CompileError } from '../compile-error'
import type { OnnxModel } from '../onnx/model'

/** Counts up when the form of the files changes. */
const format = 'univ session cache 1'

/** The file holds the constants that are not lent; from this many bytes on (inference) it would be a second checkpoint. */
const most = 2 ** 25

const digestBytes = 32

/**
 * ONNX Runtime's optimised graphs on disk. One file is the SHA-256 of what follows and an ONNX model. Its name is a hash
 * of everything that the model depends on: the traced graph with its constants, ONNX Runtime's version and the
 * processor, for which ONNX Runtime chooses layouts. So a changed program, weight or version finds no file.
 */
export interface SessionCache {
  /** The optimised model, where a sound one is there. */
  read(): Uint8Array | undefined
  /** A path that ONNX Runtime may write the optimised model to. */
  readonly draft: string
  /** Makes the draft the cached model at one blow: readers see the old file, none, or the whole new one. */
  keep(): void
}

/** Not `mkdir`'s own `recursive`: in /proc Node 20 tries for ever. (`@univ/mvip` has the like, out of this package's reach.) */
function makeFolder(folder: string): void {
  const there = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory()
  if (there()) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if (!there()) throw error // else another process was faster
  }
}

/**
 * @param folder Made where it is missing; it may be deleted at any time.
 * @returns nothing for models with large constants of their own
 * @throws CompileError where the folder cannot be made
 */
export function sessionCache(
  folder: string,
  { bytes, external }: OnnxModel,
  runtime: string,
): SessionCache | undefined {
  if (external.reduce((sum, { data }) => sum + data.byteLength, 0) > most) return undefined
  try {
    makeFolder(resolve(folder))
  } catch (error) {
    throw new CompileError(`cache: ${folder} cannot be a folder (${(error as Error).message})`)
  }
  const hash = createHash('sha256')
  hash.update(
    JSON.stringify([format, runtime, process.platform, process.arch, cpus()[0]?.model, bytes.length]),
  )
  hash.update(bytes)
  for (const { path, data } of external) hash.update(`${path} ${data.byteLength}`).update(data)
  const file = join(folder, `${hash.digest('hex').slice(0, 40)}.session`)
  const draft = `${file}.${randomUUID()}.draft`
  return {
    draft,
    read() {
      let found: Buffer
      try {
        found = readFileSync(file)
      } catch {
        return undefined
      }
      const model = found.subarray(digestBytes)
      return digestOf(model).equals(found.subarray(0, digestBytes)) ? model : undefined
    },
    keep() {
      const model = readFileSync(draft)
      writeFileSync(draft, Buffer.concat([digestOf(model), model]))
      renameSync(draft, file)
    },
  }
}

const digestOf = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest()
