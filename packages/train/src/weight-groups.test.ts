import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, it } from 'vitest'
import { groupWeights, joined, memberNorms, parted, perMember } from './weight-groups'

const shapes = {
  'a.down': { shape: [2, 3] },
  'logits.bias': { shape: [] },
  'a.norm.scale': { shape: [4] },
  'b.down': { shape: [2, 3] },
  'big.kernel': { shape: [512, 256] },
  'b.norm.bias': { shape: [4] },
  'logits.logScale': { shape: [] },
  'c.kernel': { shape: [512, 256] },
}

describe('groups of weights', async () => {
  await tf.setBackend('cpu')

  it('hold what has one shape and is decayed alike; scalars and large arrays stay alone', () => {
    const groups = groupWeights({ ...shapes, 'a.relative.bias': { shape: [2, 3] } })
    expect(groups.map(({ paths }) => paths)).toEqual([
      ['a.down', 'b.down'],
      ['logits.bias'],
      ['a.norm.scale', 'b.norm.bias'],
      ['big.kernel'],
      ['logits.logScale'],
      ['c.kernel'],
      ['a.relative.bias'],
    ])
    expect(groups.map(({ decay }) => decay)).toEqual([true, false, false, true, false, true, false])
  })

  it('hold arrays of middle size only where there are no large ones, as with LoRA', () => {
    const middle = { 'a.up': { shape: [8, 768] }, 'b.up': { shape: [8, 768] } }
    expect(groupWeights(middle).map(({ paths }) => paths)).toEqual([['a.up', 'b.up']])
    expect(groupWeights({ ...middle, ...shapes }).map(({ paths }) => paths)).toContainEqual(['a.up'])
  })

  it('are joined, measured, multiplied and parted member by member', () => {
    const [group] = groupWeights(shapes)
    const tensors = { 'a.down': tf.fill([2, 3], 1), 'b.down': tf.fill([2, 3], 2) }
    const whole = joined(group!, tensors)
    expect(whole.shape).toEqual([2, 2, 3])
    const norms = memberNorms(group!, whole)
    expect([...norms.dataSync()]).toEqual([expect.closeTo(Math.sqrt(6), 5), expect.closeTo(Math.sqrt(24), 5)])
    const parts = parted(group!, tf.mul(whole, perMember(group!, tf.tensor1d([10, 100]))))
    expect(Object.keys(parts)).toEqual(['a.down', 'b.down'])
    expect([...parts['a.down']!.dataSync()]).toEqual(Array(6).fill(10))
    expect([...parts['b.down']!.dataSync()]).toEqual(Array(6).fill(200))
    expect(parts['b.down']!.shape).toEqual([2, 3])
  })
})
