/** `1 pair`, `2 pairs`, `2 batches`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
