import { defineConfig } from 'tsup'
import { library } from '../../tsup.base'

export default defineConfig({
  ...library,
  // tfjs-core's gradient files are bundled: Node cannot load them as they are published.
  noExternal: [/tfjs-core\/dist\/register_all_gradients/],
})
