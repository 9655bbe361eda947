import { expect, it } from 'vitest'
import { segmenterFolders } from './segmenter-folders'

it('predictions lie in folders named after their runs, no two in one', () => {
  const files = [
    'runs/ir/last.safetensors',
    'runs/rgb/last.safetensors',
    'others/IR/last.safetensors',
    'runs/ir/step-200.safetensors',
    'a b:c/last.safetensors',
    './last.safetensors',
    '../last.safetensors',
    'last.safetensors',
  ]
  expect([...segmenterFolders(files).values()]).toEqual([
    'ir',
    'rgb',
    'IR-2',
    'ir-3',
    'a_b_c',
    'segmenter',
    'segmenter-2',
    'last.safetensors',
  ])
})
