import { checkAlike, normalisedRows, type TokenSet, tokensPerImage } from './token-set'

/** A shift of the second view against the first, in whole patches. */
export interface Shift {
  readonly rows: number
  readonly columns: number
}

export interface RetrievalScores {
  /** Share of queries whose nearest key (cosine) is the patch that shows the same place. */
  readonly top1: number
  /** Share whose nearest key lies at most one patch away from it. */
  readonly within1: number
  /** Queries that count. */
  readonly queries: number
}

/** Both directions. */
export interface Retrieval {
  readonly irToRgb: RetrievalScores
  readonly rgbToIr: RetrievalScores
}

/**
 * Retrieval of the corresponding patch inside each image. With a shift the infrared view was cut `rows`/`columns`
 * patches further down and right, so its patch (r, c) shows what RGB shows at (r + rows, c + columns): position then
 * misleads, and only content helps.
 */
export function patchRetrieval(
  rgb: TokenSet,
  ir: TokenSet,
  shift: Shift = { rows: 0, columns: 0 },
): Retrieval {
  checkAlike(rgb, ir)
  checkShift('patchRetrieval', shift, ir.grid)
  const [keysRgb, keysIr] = [normalisedRows(rgb), normalisedRows(ir)]
  const back = { rows: -shift.rows, columns: -shift.columns }
  return { irToRgb: score(keysIr, keysRgb, ir, shift), rgbToIr: score(keysRgb, keysIr, rgb, back) }
}

/** What a rule that always answers "the same place in the grid" would score: 1 without shift, 0 with one of two patches. */
export function positionBaseline(
  { grid: [rows, columns] }: Pick<TokenSet, 'grid'>,
  shift: Shift = { rows: 0, columns: 0 },
): RetrievalScores {
  checkShift('positionBaseline', shift, [rows, columns])
  const [down, right] = [Math.abs(shift.rows), Math.abs(shift.columns)]
  const queries = (rows - down) * (columns - right)
  const hit = (reach: number) => Number(Math.max(down, right) <= reach)
  return { top1: hit(0), within1: hit(1), queries }
}

/** Both views must show something in common. */
function checkShift(where: string, shift: Shift, [rows, columns]: TokenSet['grid']): void {
  const fits = (along: number, patches: number) => Number.isInteger(along) && Math.abs(along) < patches
  if (fits(shift.rows, rows) && fits(shift.columns, columns)) return
  throw new Error(
    `${where}: a shift of ${shift.rows},${shift.columns} patches on a grid of ${rows}×${columns}; ` +
      `whole numbers up to ${rows - 1},${columns - 1} leave something in common`,
  )
}

function score(queries: Float32Array, keys: Float32Array, set: TokenSet, shift: Shift): RetrievalScores {
  const [rows, columns] = set.grid
  const tokens = tokensPerImage(set)
  let [count, exact, near] = [0, 0, 0]
  for (let image = 0; image < set.images; image++) {
    const start = image * tokens * set.width
    for (let query = 0; query < tokens; query++) {
      const [row, column] = [Math.floor(query / columns) + shift.rows, (query % columns) + shift.columns]
      if (row < 0 || column < 0 || row >= rows || column >= columns) continue
      const best = nearest(queries, start + query * set.width, keys, start, tokens, set.width)
      const distance = Math.max(
        Math.abs(Math.floor(best / columns) - row),
        Math.abs((best % columns) - column),
      )
      count++
      exact += Number(distance === 0)
      near += Number(distance <= 1)
    }
  }
  return { top1: exact / Math.max(1, count), within1: near / Math.max(1, count), queries: count }
}

function nearest(
  queries: Float32Array,
  from: number,
  keys: Float32Array,
  start: number,
  tokens: number,
  width: number,
): number {
  let [best, most] = [0, -Infinity]
  for (let key = 0; key < tokens; key++) {
    let product = 0
    const offset = start + key * width
    for (let c = 0; c < width; c++) product += queries[from + c]! * keys[offset + c]!
    if (product > most) [best, most] = [key, product]
  }
  return best
}
