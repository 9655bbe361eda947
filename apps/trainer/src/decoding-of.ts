import type { LoaderOptions } from '@univ/mvip'

/** How a run decodes; of a record that another one stands in for it says so, once. */
export function decodingOf({
  workers,
  onCorrupt,
}: Pick<LoaderOptions, 'workers' | 'onCorrupt'>): Pick<LoaderOptions, 'workers' | 'onCorrupt' | 'onSkip'> {
  const told = new Set<string>()
  return {
    workers,
    onCorrupt,
    onSkip({ error }) {
      if (told.has(error)) return
      told.add(error)
      console.error(`left out, the next one stands in for it: ${error}`)
    },
  }
}
