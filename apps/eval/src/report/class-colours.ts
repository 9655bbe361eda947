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

/** Coloured squares with the classes' names, as HTML; names must be escaped already. */
export function classLegend(names: readonly string[]): string {
  const each = names.map((name, i) => `<span><i style="background:${cssColour(i)}"></i>${name}</span>`)
  return `<div class="classes">${each.join('')}</div>`
}
