import * as tf from '@tensorflow/tfjs-core'
import { turns } from '../turns'
import { traceBackend } from './recorder'

const inTurn = turns()

/**
 * Runs synchronous tfjs code on one backend and puts the former one back in the same turn of the event loop, so that no
 * other code ever meets the backend. tfjs has one current backend in a process, so such sections wait for each other.
 */
export function withBackend<S, R>(
  backend: string,
  prepare: () => S | Promise<S>,
  run: (prepared: S) => R,
): Promise<R> {
  return inTurn(async () => {
    const prepared = await prepare()
    if (!isStarted(backend)) await start(backend)
    const before = tf.engine().backendName
    makeCurrent(backend)
    try {
      return run(prepared)
    } finally {
      if (!before && backend === traceBackend) forget()
      else if (before && before !== backend) makeCurrent(before)
    }
  })
}

/** Whether a backend is there. */
const isStarted = (backend: string): boolean => backend in tf.engine().registry

/** `setBackend` of a started backend is over when it returns its promise; a microtask for that promise would be anyone's. */
const makeCurrent = (backend: string): void => void tf.setBackend(backend)

/** Starts a backend. One that takes its time (a device) is current meanwhile: tfjs knows no other way. */
async function start(backend: string): Promise<void> {
  const before = tf.engine().backendName
  const starting = tf.setBackend(backend)
  if (isStarted(backend) && before) makeCurrent(before)
  const started = await starting
  if (before && before !== backend) makeCurrent(before)
  if (!started) throw new Error(`tfjs backend '${backend}' could not be started`)
}

/**
 * Leaves tfjs without a current backend, so that the next eager operation chooses one by priority: only a backend that is removed
 * is not current any more. The recorder holds nothing and comes back as it was.
 */
function forget(): void {
  const { factory, priority } = tf.engine().registryFactory[traceBackend]!
  tf.removeBackend(traceBackend)
  tf.registerBackend(traceBackend, factory, priority)
  tf.findBackend(traceBackend)
}
