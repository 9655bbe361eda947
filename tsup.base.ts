import type { Options } from 'tsup'

/** How a package is built. */
export const library: Options = {
  entry: ['src/index.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  target: 'node20',
}

/** How an app is built. */
export const app: Options = { ...library, entry: ['src/main.ts'], dts: false }
