/** A colour as three bytes. */
export type Colour = readonly [red: number, green: number, blue: number]

/** Pascal VOC's colours: bits of the number spread over the channels, far apart for any number of classes. */
export function classColour(label: number): Colour {
  const channels = [0, 0, 0]
  let rest = label + 1 // 0 is VOC's black background, which would hide in dark images
  for (let bit = 7; bit >= 0 && rest > 0; bit--) {
    for (let c = 0; c < 3; c++) channels[c]! |= ((rest >> c) & 1) << bit
    rest >>= 3
  }
  return channels as unknown as Colour
}

export const cssColour = (label: number): string => `rgb(${classColour(label).join(' ')})`

/** What stands for no class of its own covers most of a scene, and would hide it. */
const uncoloured = /^(background|unlabell?ed|void|ignored?)$/i

/** Numbers of the classes that pictures leave uncoloured, by their names. */
export const uncolouredClasses = (names: readonly string[]): ReadonlySet<number> =>
  new Set(names.flatMap((name, i) => (uncoloured.test(name.trim()) ? [i] : [])))

/** Coloured squares with the classes' names, as HTML; names must be escaped already. */
export function classLegend(names: readonly string[]): string {
  const clear = uncolouredClasses(names)
  const each = names.map((name, i) =>
    clear.has(i)
      ? `<span><i style="border:1px solid"></i>${name} (uncoloured)</span>`
      : `<span><i style="background:${cssColour(i)}"></i>${name}</span>`,
  )
  return `<div class="classes">${each.join('')}</div>`
}
