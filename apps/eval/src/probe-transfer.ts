import { fitProbe, majorityShare, predictProbe, type TokenSet } from '@univ/pccl'
import { selectImages, selectRows } from './encode-pairs'

/** Shares of patches that are classified rightly. */
export interface TransferScores {
  /** A linear probe fitted on RGB tokens, tested on RGB tokens of other pairs. */
  readonly rgb: number
  /** The same probe tested on infrared tokens of those pairs. */
  readonly ir: number
  /** Always the most frequent class. */
  readonly majority: number
  /** The class that is most frequent at the patch's place: what knowing the place alone gives. */
  readonly position: number
}

/** Predicted classes of every patch, by a probe that has not seen the patch's pair. */
export interface ProbePredictions {
  readonly rgb: Int32Array
  readonly ir: Int32Array
  readonly position: Int32Array
}

/** Twofold: a probe fitted on the even pairs answers for the odd ones, and the other way round; every pair counts. */
export function predictAcross(rgb: TokenSet, ir: TokenSet, classes: Int32Array): ProbePredictions {
  const total = rgb.images
  const tokens = classes.length / total
  const count = classes.reduce((most, label) => Math.max(most, label), 0) + 1
  const predictions = {
    rgb: new Int32Array(classes.length),
    ir: new Int32Array(classes.length),
    position: new Int32Array(classes.length),
  }
  for (const fold of [0, 1]) {
    const indices = Array.from({ length: total }, (_, image) => image)
    const [fitted, tested] = [indices.filter((i) => i % 2 === fold), indices.filter((i) => i % 2 !== fold)]
    const known = selectRows(classes, total, fitted)
    const probe = fitProbe(selectImages(rgb, fitted), known, count)
    const answers = {
      rgb: predictProbe(probe, selectImages(rgb, tested)),
      ir: predictProbe(probe, selectImages(ir, tested)),
    }
    const byPlace = frequentByPlace(known, tokens, count)
    tested.forEach((image, i) => {
      predictions.rgb.set(answers.rgb.subarray(i * tokens, (i + 1) * tokens), image * tokens)
      predictions.ir.set(answers.ir.subarray(i * tokens, (i + 1) * tokens), image * tokens)
      predictions.position.set(byPlace, image * tokens)
    })
  }
  return predictions
}

/** Scores over some images. */
export function transferScores(
  predictions: ProbePredictions,
  classes: Int32Array,
  total: number,
  images: readonly number[],
): TransferScores {
  const wanted = selectRows(classes, total, images)
  const known = wanted.reduce((sum, label) => sum + Number(label >= 0), 0)
  const share = (predicted: Int32Array) => {
    const hits = selectRows(predicted, total, images).filter((label, i) => label === wanted[i]).length
    return hits / Math.max(1, known)
  }
  return {
    rgb: share(predictions.rgb),
    ir: share(predictions.ir),
    majority: majorityShare(wanted),
    position: share(predictions.position),
  }
}

function frequentByPlace(classes: Int32Array, tokens: number, count: number): Int32Array {
  const counts = new Int32Array(tokens * count)
  classes.forEach((label, row) => {
    if (label >= 0) counts[(row % tokens) * count + label]!++
  })
  return Int32Array.from({ length: tokens }, (_, place) => {
    const here = counts.subarray(place * count, (place + 1) * count)
    return here.indexOf(Math.max(...here))
  })
}
