import { openDataset, rootsProblem } from '@univ/mvip'

/** Says on standard error which sources of a dataset are not there: for commands that do without their files. */
export function tellLostRoots(folder: string): void {
  const problem = rootsProblem(openDataset(folder))
  if (problem) console.error(`univ-mvip: ${problem}`)
}
