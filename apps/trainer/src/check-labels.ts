import { compile, type EngineName } from '@univ/compile'
import type { openLabelledLoader } from '@univ/mvip'
import type { HostArray } from '@univ/nn'
import {
  type LabelInput,
  type LabelOptions,
  labelCheck,
  labelFeed,
  labelInputs,
  type Recipe,
  type Weights,
} from '@univ/train'

/** Patch accuracy on held-out images. */
export interface LabelCheck {
  run(weights: Weights<HostArray>): Promise<{ readonly valLoss: number; readonly valPatchAccuracy: number }>
  dispose(): Promise<void>
}

/** Compiles the forward pass once; every call takes the weights of the moment. */
export async function checkLabels(
  options: LabelOptions,
  recipe: Recipe<LabelInput>,
  loader: ReturnType<typeof openLabelledLoader>,
  engine: EngineName,
  threads: number | undefined,
): Promise<LabelCheck> {
  const program = await compile(
    labelCheck(options),
    { inputs: labelInputs(options), constants: recipe.constants, state: recipe.weights },
    { engine, threads },
  )
  return {
    async run(weights) {
      await program.writeState(weights)
      let [loss, correct, counted] = [0, 0, 0]
      for await (const { rgb, classes } of loader.batches(0)) {
        const outputs = await program.run(labelFeed({ rgb, labels: classes }, options))
        const patches = outputs.counted!.data[0]!
        loss += outputs.loss!.data[0]! * patches
        correct += outputs.correct!.data[0]!
        counted += patches
      }
      return { valLoss: loss / counted, valPatchAccuracy: correct / counted }
    },
    dispose: () => program.dispose(),
  }
}
