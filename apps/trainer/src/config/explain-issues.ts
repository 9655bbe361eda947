import { z } from 'zod'

type Issue = z.core.$ZodIssue

/** One line for every problem: its path, what came, and what is allowed there. */
export function explainIssues(schema: z.ZodType, issues: readonly Issue[], given: unknown): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      const allowed = Object.keys(shapeAt(schema, path))
      return issue.keys.map(
        (key) => `${[...path, key].join('.')}: unknown key; allowed here: ${allowed.join(', ')}`,
      )
    }
    const place = path.join('.') || '(top level)'
    return [`${place}: expected ${wanted(issue)}, got ${shown(valueAt(given, path))}`]
  })
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `${article(issue.expected)} ${issue.expected}`
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`
    case 'too_small':
      return `${issue.origin === 'array' ? 'at least' : issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${issue.origin === 'array' ? ' entries' : ''}`
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    default:
      return issue.message
  }
}

const article = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a')

/** Enough to find it again: a file that is no configuration may come as one long text. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const isOdd = (item: unknown): item is number => typeof item === 'number' && !Number.isFinite(item)
  if (isOdd(value)) return yamlNumber(value)
  const json = JSON.stringify(value, (_, item) => (isOdd(item) ? yamlNumber(item) : item))
  return json.length > 80 ? `${json.slice(0, 80)}…` : json
}

/** JSON has no words for them. */
const yamlNumber = (value: number): string => (Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf')

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    tree,
  )
}

/** The keys that the schema has at a path. */
function shapeAt(schema: z.ZodType, path: readonly string[]): Record<string, z.ZodType> {
  const bare = unwrap(schema)
  const [key, ...rest] = path
  if (bare instanceof z.ZodArray) return shapeAt(bare.element as z.ZodType, rest)
  if (!(bare instanceof z.ZodObject)) return {}
  const shape = bare.shape as Record<string, z.ZodType>
  if (key === undefined) return shape
  const next = shape[key]
  return next ? shapeAt(next, rest) : {}
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  )
    return unwrap(schema.unwrap() as z.ZodType)
  return schema
}
