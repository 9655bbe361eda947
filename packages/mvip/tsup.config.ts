import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'decode-worker': 'src/decode-worker.ts',
    'inspect-worker': 'src/build/inspect-worker.ts',
  },
  format: 'esm',
  dts: { entry: { index: 'src/index.ts' } },
  clean: true,
  target: 'node20',
})
