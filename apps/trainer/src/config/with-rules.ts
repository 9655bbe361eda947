import type { z } from 'zod'

/** Refuses an entry. @param wanted What would be right, after "expected" */
export type Refuse = (path: string, wanted: string) => void

/** A schema whose entries must go together too; the rules are asked where each entry is right by itself. */
export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  rules: (config: z.output<Schema>, refuse: Refuse) => void,
): Schema {
  return schema.superRefine((config, context) =>
    rules(config, (path, message) => context.addIssue({ code: 'custom', path: path.split('.'), message })),
  )
}
