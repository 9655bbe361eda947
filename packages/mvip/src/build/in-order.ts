/** Results in the order of the items, `ahead` of them under way at a time. A failure ends the sequence. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const waiting: Promise<Result>[] = []
  for await (const item of items) {
    const started = work(item)
    // Reported when its turn comes, not as an unhandled rejection of work done ahead.
    started.catch(() => undefined)
    waiting.push(started)
    if (waiting.length >= ahead) yield await waiting.shift()!
  }
  while (waiting.length > 0) yield await waiting.shift()!
}
