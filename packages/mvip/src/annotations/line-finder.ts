/** Finds the line of a place in a text, from 1. The text is walked once, when the first place is asked for. */
export function lineFinder(text: string): (offset: number) => number {
  let ends: number[] | undefined
  return (offset) => {
    ends ??= lineEnds(text)
    let [low, high] = [0, ends.length] // line ends before the offset
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle]! < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

function lineEnds(text: string): number[] {
  const ends: number[] = []
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) ends.push(end)
  return ends
}
