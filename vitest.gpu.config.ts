import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config'

// GPU tests of one package: `nx run @univ/<name>:test:gpu`. They say which engine they used, or that they skipped.
const merged = mergeConfig(base, defineConfig({ test: { passWithNoTests: false } }))
merged.test = {
  ...merged.test,
  include: ['packages/*/src/**/*.gpu.test.ts'],
  exclude: ['**/node_modules/**'],
}
export default merged
