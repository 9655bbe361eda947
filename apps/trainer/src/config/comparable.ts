/** The part of a configuration that decides the numbers: what a resumed run must agree on. */
export function comparable<C extends { readonly data: object }>(config: C): Record<string, unknown> {
  const { out, engine, threads, recompute, saveEveryEpochs, logEvery, ...rest } = config as C &
    Record<string, unknown>
  const { workers, onCorrupt, ...data } = rest.data as Record<string, unknown>
  return { ...rest, data }
}
