/**
 * Line of an entry of a top-level list of a JSON object, from 1. JSON.parse keeps no places, so the text is walked
 * when there is something to report.
 * @param text Valid JSON.
 * @param key Name of the list.
 */
export function jsonEntryLine(text: string, key: string, index: number): number {
  let depth = 0
  let entry = -1
  let inside = false
  let name = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '"') {
      const start = i
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
      if (depth === 1) name = text.slice(start + 1, i)
      continue
    }
    if (character === '[' || character === '{') {
      if (depth === 1 && name === key && character === '[') {
        inside = true
        entry = 0
      } else if (depth === 2 && inside && entry === index) return lineAt(text, i)
      depth++
    } else if (character === ']' || character === '}') {
      depth--
      if (depth === 1) inside = false
    } else if (character === ',' && depth === 2 && inside) {
      entry++
      // An entry that is no object stands where it begins.
      if (entry === index && !/\s*[[{]/y.test(text.slice(i + 1, i + 200))) return lineAt(text, i)
    }
  }
  return 0
}

const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length
