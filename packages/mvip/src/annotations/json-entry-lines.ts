/**
 * Lines of the entries of a top-level list of a JSON object, from 1. JSON.parse keeps no places, so the text is walked
 * when there is something to report.
 * @param text Valid JSON.
 * @param key Name of the list.
 */
export function jsonEntryLines(text: string, key: string): readonly number[] {
  const lines: number[] = []
  let [depth, line, name] = [0, 1, '']
  // Whether it is this list that is walked, and whether an entry of it may begin.
  let [isInside, isDue] = [false, false]
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '\n') line++
    if (/\s/.test(character)) continue
    if (isDue && character !== ']') {
      lines.push(line)
      isDue = false
    }
    if (character === '"') {
      const start = i
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
      if (depth === 1) name = text.slice(start + 1, i)
    } else if (character === '[' || character === '{') {
      if (depth === 1 && name === key && character === '[') isInside = isDue = true
      depth++
    } else if (character === ']' || character === '}') {
      depth--
      if (depth === 1) isInside = isDue = false
    } else if (character === ',' && depth === 2 && isInside) isDue = true
  }
  return lines
}
