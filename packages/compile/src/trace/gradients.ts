// The one side-effect import: tfjs-core's Node build registers no gradients. The registry is global, so the
// copies that a bundler makes serve every tfjs-core in the process.
import '@tensorflow/tfjs-core/dist/register_all_gradients'
