import * as tf from '@tensorflow/tfjs-core'
import { turns } from '../turns'

const inTurn = turns()

/**
 * Runs synchronous tfjs code on one backend and puts the former one back. tfjs has one current backend in a
 * process, so such sections wait for each other.
 */
export function withBackend<S, R>(
  backend: string,
  prepare: () => S | Promise<S>,
  run: (prepared: S) => R,
): Promise<R> {
  return inTurn(async () => {
    const prepared = await prepare()
    const before = tf.engine().backendName
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs backend '${backend}' could not be started`)
    try {
      return run(prepared)
    } finally {
      if (before && before !== backend) await tf.setBackend(before)
    }
  })
}
