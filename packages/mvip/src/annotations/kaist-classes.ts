import type { ObjectAnnotation } from './annotation'

/** KAIST's classes, `person?` apart, of which nobody knows whether it is one. */
export const kaistClasses = ['person', 'people', 'cyclist'] as const

/** Labels that KAIST's evaluation ignores: what is detected there is neither right nor wrong (`acfTrain2.m`, `ilbls`). */
const ignoredLabels: ReadonlySet<string> = new Set(['person?', 'people', 'cyclist'])

/** The class of one of KAIST's labels, and whether it does not count; undefined: it is unknown. */
export function kaistClass(
  label: string,
  classes: readonly string[],
): Pick<ObjectAnnotation, 'class' | 'crowd'> | undefined {
  const known = classes.indexOf(label)
  if (known >= 0) return { class: known, crowd: false }
  const person = ignoredLabels.has(label) ? classes.indexOf('person') : -1
  return person < 0 ? undefined : { class: person, crowd: true }
}
