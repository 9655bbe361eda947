import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Packages resolve to each other's source (condition `@univ/source`), so tests need no build.
const conditions = ['@univ/source', 'module', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
    exclude: ['**/*.gpu.test.ts', '**/node_modules/**', '**/dist/**'],
    globalSetup: fileURLToPath(new URL('vitest.temporary.ts', import.meta.url)),
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // tfjs-core's gradient files are ES modules without extensions: Node cannot load them itself.
    server: { deps: { inline: [/tfjs-core\/dist\/(register_all_gradients|gradients|ops)/] } },
  },
})
