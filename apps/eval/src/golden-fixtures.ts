// Test support: golden files at the repo's root.
export const golden = (name: string): string =>
  new URL(`../../../fixtures/golden/${name}`, import.meta.url).pathname
