/** A list as `materialOf` takes it. @param unit What its items are */
export function named(unit: string, items: readonly { readonly id: string }[]) {
  return { unit, count: items.length, name: (index: number) => items[index]!.id }
}
