import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { traceRecorder } from '../kernels/register'
import { withBackend } from './backend-lock'
import { traceBackend } from './recorder'

/** The backends that other code meets while some work is under way. */
async function metDuring(work: () => Promise<unknown>): Promise<Set<string>> {
  const met = new Set<string>()
  let isOver = false
  const poll = async () => {
    while (!isOver) {
      met.add(tf.getBackend())
      await Promise.resolve()
    }
  }
  const polling = poll()
  await work().finally(() => {
    isOver = true
  })
  await polling
  return met
}

describe('a section on a backend', () => {
  afterAll(() => {
    for (const name of ['slow', 'broken']) tf.removeBackend(name)
  })

  it('runs there and is met by no other code, the first time or later', async () => {
    await tf.setBackend('cpu')
    const section = () => withBackend(traceBackend, traceRecorder, () => tf.getBackend())
    for (const _ of ['first', 'later'])
      expect([...(await metDuring(async () => expect(await section()).toBe(traceBackend)))]).toEqual(['cpu'])
  })

  it('is none to eager code that has chosen no backend yet', async () => {
    const { factory, priority } = tf.engine().registryFactory.cpu!
    for (const name of ['first', 'later']) {
      tf.registerBackend(name, factory, priority)
      await tf.setBackend(name)
      tf.removeBackend(name)
      expect(tf.getBackend()).toBeNull()
      await withBackend(traceBackend, traceRecorder, () => undefined)
      expect(tf.getBackend()).toBeNull()
      expect(tf.backend() && tf.getBackend()).toBe('cpu')
    }
  })

  it('leaves the backend as it was where it fails', async () => {
    await tf.setBackend('cpu')
    const failing = withBackend(traceBackend, traceRecorder, () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(tf.getBackend()).toBe('cpu')
  })

  it('waits for a backend that takes its time to start', async () => {
    await tf.setBackend('cpu')
    const cpu = tf.backend()
    tf.registerBackend(
      'slow',
      () => new Promise((resolve) => setTimeout(() => resolve(cpu as tf.KernelBackend), 5)),
      0,
    )
    expect(
      await withBackend(
        'slow',
        () => undefined,
        () => tf.getBackend(),
      ),
    ).toBe('slow')
    expect(tf.getBackend()).toBe('cpu')
  })

  it('names a backend that does not start', async () => {
    tf.registerBackend('broken', () => Promise.reject(new Error('no device')), 0)
    await expect(
      withBackend(
        'broken',
        () => undefined,
        () => 1,
      ),
    ).rejects.toThrow("tfjs backend 'broken' could not be started")
    expect(tf.getBackend()).toBe('cpu')
  })
})
