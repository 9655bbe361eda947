import { holdsDataset, type Split } from '@univ/mvip'

/** The split that is wanted: the one named, else of a built dataset its own for the purpose; a folder is taken whole. */
export const ownSplit = (
  path: string,
  named: Split | undefined,
  purpose: 'train' | 'val',
): Split | undefined => named ?? (holdsDataset(path) ? purpose : undefined)
