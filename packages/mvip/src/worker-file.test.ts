import { expect, it } from 'vitest'
import { workerFile } from './worker-file'

it('says to whoever installed the package, and to whoever builds it, how to get a worker that is not there', () => {
  expect(() => workerFile('no-worker')).toThrow(
    /no-worker\.js is missing: install @univ\/mvip again .* in its repository, npm run build$/,
  )
})
