import { encoderOnly, type Features } from '@univ/backbone'
import type { EngineName } from '@univ/compile'
import { type LogitFit, logitFitter, type PseudoLabelOptions, tokenCosines } from '@univ/pccl'
import { compileEncoder } from './compile-encoder'
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
  const wanted = {
    cosines: ({ patchTokens }: Features) => tokenCosines(patchTokens),
    labels: (seen: Features) => teacherLabels(seen, labels),
  }
  const program = await compileEncoder(
    { ...teacher, params: encoderOnly(teacher.params) },
    { size: [size, size], batch, wanted },
    { engine, threads },
  )
  const fitter = logitFitter()
  try {
    for await (const rgb of images) {
      const outputs = await program.run({ images: imageArray(rgb, batch, size) })
      fitter.add(outputs.cosines.data as Float32Array, outputs.labels.data as Float32Array)
    }
  } finally {
    await program.dispose()
  }
  return fitter.fit()
}
