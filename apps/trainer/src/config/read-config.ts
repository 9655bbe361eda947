import { readFileSync, statSync } from 'node:fs'
import { LineCounter, parseDocument, parse as parseYaml } from 'yaml'
import type { z } from 'zod'
import { explainIssues } from './explain-issues'

/** A configuration that cannot be used; the message lists every problem with its path. */
class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Reads a YAML file and checks it.
 * @param file Absent: the schema's defaults alone.
 * @param changes `a.b=value` each, the value read as YAML; they win over the file.
 * @throws ConfigError naming file, path, what came and what is allowed.
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  file: string | undefined,
  changes: readonly string[] = [],
): z.output<Schema> {
  let tree: unknown = file === undefined ? {} : readYaml(file)
  for (const change of changes) tree = withChange(tree, change)
  const result = schema.safeParse(tree)
  if (result.success) return result.data
  const where = file ?? 'configuration'
  throw new ConfigError(
    explainIssues(schema, result.error.issues, tree)
      .map((line) => `${where}: ${line}`)
      .join('\n'),
  )
}

function readYaml(file: string): unknown {
  let text: string
  // Reading a pipe waits for its writer.
  const found = statSync(file, { throwIfNoEntry: false })
  if (found && !found.isFile()) throw new ConfigError(`${file}: is not a regular file`)
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const document = parseDocument(text, { lineCounter: new LineCounter() })
  const [problem] = document.errors
  if (problem?.code === 'MULTIPLE_DOCS')
    throw new ConfigError(`${file}: several documents, with --- between them; one is wanted`)
  // Further lines show the place.
  if (problem) throw new ConfigError(`${file}: ${problem.message.split('\n')[0]!.replace(/:$/, '')}`)
  return document.toJS() ?? {}
}

function withChange(tree: unknown, change: string): unknown {
  const [, path, text] = /^([\w.]+)=(.*)$/s.exec(change) ?? []
  if (!path || text === undefined)
    throw new ConfigError(`--set ${change}: expected a path and a value, such as train.lr=0.001`)
  let value: unknown
  try {
    value = parseYaml(text)
  } catch (error) {
    throw new ConfigError(`--set ${change}: ${(error as Error).message.split('\n')[0]}`)
  }
  return replaced(tree, path.split('.'), value, change)
}

function replaced(tree: unknown, [key, ...rest]: readonly string[], value: unknown, change: string): unknown {
  if (key === undefined) return value
  if (Array.isArray(tree)) {
    const index = Number(key)
    if (!Number.isInteger(index) || index > tree.length)
      throw new ConfigError(`--set ${change}: '${key}' is no place in a list of ${tree.length}`)
    return tree.toSpliced(index, 1, replaced(tree[index], rest, value, change))
  }
  if (tree !== null && tree !== undefined && typeof tree !== 'object')
    throw new ConfigError(`--set ${change}: '${key}' lies below ${JSON.stringify(tree)}, which has no keys`)
  const record = (tree ?? {}) as Record<string, unknown>
  return { ...record, [key]: replaced(record[key], rest, value, change) }
}
