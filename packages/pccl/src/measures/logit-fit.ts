import { ShapeError } from '@univ/nn'

/** The scale and bias with which cosines predict labels best, and how well. */
export interface LogitFit {
  readonly scale: number
  readonly bias: number
  /** Binary cross-entropy at them; to be read beside the collapse bound of the same labels. */
  readonly loss: number
}

/** Gathers cosines and labels batch by batch, in memory that does not grow. */
export interface LogitFitter {
  /** @param cosines In [-1, 1]. @param labels 0 or 1, one for each cosine. */
  add(cosines: Float32Array, labels: Float32Array): void
  /** @throws ShapeError where nothing was added, or no label of one kind. */
  fit(): LogitFit
}

/** Cosines are counted in so many equal bins; their middles stand for them. */
const bins = 4096

/**
 * Where learned logits (`scale · cosine + bias`) ought to start: at the values with which the teacher itself would
 * best reproduce its own labels. A student that starts as the teacher then has nothing to unlearn on RGB, and what is
 * left of the loss is the other modality. A start far from there makes the first steps tear the features down.
 */
export function logitFitter(): LogitFitter {
  const counts = [new Float64Array(bins), new Float64Array(bins)] as const // of labels 0 and 1
  return {
    add(cosines, labels) {
      if (cosines.length !== labels.length)
        throw new ShapeError(`logitFitter: ${cosines.length} cosines and ${labels.length} labels`)
      cosines.forEach((cosine, i) => {
        const bin = Math.min(bins - 1, Math.max(0, Math.floor(((cosine + 1) / 2) * bins)))
        counts[labels[i]! > 0.5 ? 1 : 0][bin]!++
      })
    },
    fit: () => logisticRegression(counts[0], counts[1]),
  }
}

/** Newton's method on two numbers; a step that does not lower the loss is halved. */
function logisticRegression(negatives: Float64Array, positives: Float64Array): LogitFit {
  const [no, yes] = [negatives, positives].map((side) => side.reduce((sum, count) => sum + count, 0)) as [
    number,
    number,
  ]
  if (no === 0 || yes === 0)
    throw new ShapeError(`logitFitter: ${yes} positive and ${no} negative labels; both kinds are needed`)
  const total = no + yes
  const middle = (bin: number) => ((bin + 0.5) / bins) * 2 - 1
  const lossAt = (scale: number, bias: number) => {
    let sum = 0
    for (let bin = 0; bin < bins; bin++) {
      const logit = scale * middle(bin) + bias
      sum += (negatives[bin]! + positives[bin]!) * softplus(logit) - positives[bin]! * logit
    }
    return sum / total
  }
  let [scale, bias] = [0, Math.log(yes / no)]
  let loss = lossAt(scale, bias)
  for (let round = 0; round < 100; round++) {
    let [gs, gb, ss, sb, bb] = [0, 0, 0, 0, 0]
    for (let bin = 0; bin < bins; bin++) {
      const count = negatives[bin]! + positives[bin]!
      if (count === 0) continue
      const x = middle(bin)
      const p = 1 / (1 + Math.exp(-(scale * x + bias)))
      const [error, curve] = [count * p - positives[bin]!, count * p * (1 - p)]
      gs += error * x
      gb += error
      ss += curve * x * x
      sb += curve * x
      bb += curve
    }
    // A little ridge keeps separable labels from running off to infinity.
    const ridge = 1e-9 * total
    const determinant = (ss + ridge) * (bb + ridge) - sb * sb
    const [ds, db] = [
      (gs * (bb + ridge) - gb * sb) / determinant,
      (gb * (ss + ridge) - gs * sb) / determinant,
    ]
    let step = 1
    while (step > 1e-6 && lossAt(scale - step * ds, bias - step * db) > loss) step /= 2
    const next = lossAt(scale - step * ds, bias - step * db)
    if (!(loss - next > 1e-12)) break
    ;[scale, bias, loss] = [scale - step * ds, bias - step * db, next]
  }
  return { scale, bias, loss }
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
