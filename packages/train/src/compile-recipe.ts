import { type CompiledProgram, type CompileOptions, compile } from '@univ/compile'
import type { HostArray } from '@univ/nn'
import { optimiserInputs } from './optimiser-feed'
import type { Recipe } from './recipe'
import { trainingProgram } from './training-program'
import { initialState, type TrainingState } from './training-state'
import type { OptimiserOptions } from './update-group'

/**
 * The recipe's training step on an engine: what `run` runs and what benchmarks measure.
 * @param state Where training goes on. Default: the recipe's starting weights with zero moments.
 */
export function compileRecipe(
  recipe: Pick<Recipe<never>, 'objective' | 'weights' | 'constants' | 'inputs' | 'statistics' | 'lrScales'>,
  optimiser: OptimiserOptions,
  options: CompileOptions = {},
  state: TrainingState<HostArray> = initialState(recipe.weights, optimiser.accumulate, recipe.statistics),
): Promise<CompiledProgram> {
  return compile(
    trainingProgram(recipe.objective, { ...optimiser, lrScales: recipe.lrScales }),
    {
      inputs: { ...recipe.inputs, ...optimiserInputs(optimiser) },
      constants: recipe.constants,
      state: state as never,
    },
    { ...options, precision: optimiser.precision },
  )
}
