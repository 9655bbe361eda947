/** The file beside an encoder's that holds what stands on it: `last.safetensors` → `last.extras.safetensors`. */
export const extrasFile = (checkpoint: string): string =>
  checkpoint.replace(/(\.safetensors)?$/, '.extras.safetensors')
