import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  target: 'node20',
  // tfjs-core's gradient files are bundled: Node cannot load them as they are published.
  noExternal: [/tfjs-core\/dist\/register_all_gradients/],
})
