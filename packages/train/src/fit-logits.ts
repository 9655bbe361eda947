import * as tf from '@tensorflow/tfjs-core'
import { encoderOnly, features } from '@univ/backbone'
import { compile, type EngineName } from '@univ/compile'
import { type LogitFit, logitFitter, type PseudoLabelOptions, unitRows } from '@univ/pccl'
import { type BackboneWeights, imageArray } from './recipe'
import { teacherLabels } from './teacher-labels'

export interface FitLogitsOptions {
  readonly teacher: BackboneWeights
  readonly labels?: PseudoLabelOptions
  readonly batch: number
  /** Image side in pixels. */
  readonly size: number
  readonly engine?: EngineName
  readonly threads?: number
}

/**
 * The scale and bias with which the teacher's own cosines best give its pseudo-labels: where learned logits start
 * (`logitFitter` says why).
 * @param images Normalised visible images, `[batch, size, size, 3]` each.
 */
export async function fitLogits(
  images: AsyncIterable<Float32Array>,
  { teacher, labels, batch, size, engine, threads }: FitLogitsOptions,
): Promise<LogitFit> {
  const program = await compile(
    ({ inputs, constants }) => {
      const seen = features(inputs.rgb, constants, teacher.config)
      const unit = unitRows(seen.patchTokens)
      return {
        outputs: { cosines: tf.matMul(unit, unit, false, true), labels: teacherLabels(seen, labels) },
      }
    },
    {
      inputs: { rgb: { shape: [batch, size, size, 3], dtype: 'float32' } },
      constants: encoderOnly(teacher.params),
    },
    { engine, threads },
  )
  const fitter = logitFitter()
  try {
    for await (const rgb of images) {
      const outputs = await program.run({ rgb: imageArray(rgb, batch, size) })
      fitter.add(outputs.cosines.data as Float32Array, outputs.labels.data as Float32Array)
    }
  } finally {
    await program.dispose()
  }
  return fitter.fit()
}
