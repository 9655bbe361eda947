import { defineConfig } from 'tsup'
import { library } from '../../tsup.base'

const index = 'src/index.ts'

export default defineConfig({
  ...library,
  entry: {
    index,
    'decode-worker': 'src/decode-worker.ts',
    'inspect-worker': 'src/build/inspect-worker.ts',
  },
  dts: { entry: { index } },
})
