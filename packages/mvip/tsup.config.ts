import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/decode-worker.ts'],
  format: 'esm',
  dts: { entry: 'src/index.ts' },
  clean: true,
  target: 'node20',
})
