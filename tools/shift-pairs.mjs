// Precision and recall of the alignment measure on real pairs that were shifted by known amounts: both images are cut to
// 86 % of their sides, the infrared one beside the visible one by 2 to 6.5 % either way, or not at all.
// `node tools/shift-pairs.mjs STEP SET…`: every STEP-th pair of the sets.
import { createRequire } from 'node:module'
import { listPairs, measureAlignment, sureScore } from '../packages/mvip/dist/index.js'

const sharp = createRequire(new URL('../packages/mvip/package.json', import.meta.url))('sharp')
const [step, ...sets] = process.argv.slice(2)
const [kept, side] = [0.86, 256]
const { pairs } = listPairs(sets)
// A fixed sequence of numbers (golden ratio): the same shifts every time.
let drawn = 0
const draw = () => {
  drawn = (drawn + 0.6180339887498949) % 1
  return drawn
}

async function cut(file, right, down) {
  const { width, height } = await sharp(file).metadata()
  const region = {
    left: Math.round(width * ((1 - kept) / 2 + right)),
    top: Math.round(height * ((1 - kept) / 2 + down)),
    width: Math.round(width * kept),
    height: Math.round(height * kept),
  }
  const image = sharp(file).extract(region).resize(side, side, { fit: 'fill' }).toColourspace('b-w')
  return { grey: await image.raw().toBuffer(), ...region }
}

const counts = { pairs: 0, apart: 0, found: 0, wrong: 0, unsure: 0, near: 0 }
let worst = 0
const tolerance = 4
for (const { vi, ir } of pairs.filter((_, i) => i % Number(step) === 0)) {
  const amount = () => (draw() < 0.5 ? -1 : 1) * (0.02 + 0.045 * draw())
  for (const [right, down] of [
    [0, 0],
    [amount(), amount()],
  ]) {
    const [visible, infrared] = [await cut(vi, 0, 0), await cut(ir, right, down)]
    const { dx, dy, score } = measureAlignment(visible.grey, infrared.grey, side, visible)
    const real = [(-right * visible.width) / kept, (-down * visible.height) / kept]
    const error = Math.hypot(dx - real[0], dy - real[1])
    const [apart, called] = [
      Math.hypot(...real) > tolerance,
      score >= sureScore && Math.hypot(dx, dy) > tolerance,
    ]
    counts.pairs++
    counts.apart += apart
    counts.found += called && apart
    counts.wrong += called && !apart
    counts.unsure += score < sureScore
    counts.near += error <= 4
    if (error > 8) worst = Math.max(worst, score)
  }
}
const percent = (share) => `${(100 * share).toFixed(1)} %`
console.log(
  `${counts.pairs} pairs, ${counts.apart} shifted; unsure ${counts.unsure}; within 4 px of the truth ${counts.near}`,
)
console.log(
  `precision ${percent(counts.found / (counts.found + counts.wrong))}, recall ${percent(counts.found / counts.apart)}`,
)
console.log(`highest score of an offset that is wrong by more than 8 px: ${worst.toFixed(1)}`)
