import { describe, expect, it } from 'vitest'
import { iterationSource } from './iteration-source'

const source = {
  batchesPerEpoch: 3,
  async *batches(epoch: number, from: number) {
    for (let index = from; index < 3; index++) yield { index, ids: [`${epoch}.${index}`] }
  },
}

const collect = async (epoch: number, from = 0) => {
  const seen: (readonly [number, string])[] = []
  for await (const { index, ids } of iterationSource(source, 4).batches(epoch, from))
    seen.push([index, ids[0]!])
  return seen
}

describe('stretches of batches', () => {
  it('go through the data’s epochs one after another', async () => {
    expect(await collect(0)).toEqual([
      [0, '0.0'],
      [1, '0.1'],
      [2, '0.2'],
      [3, '1.0'],
    ])
    expect(await collect(1)).toEqual([
      [0, '1.1'],
      [1, '1.2'],
      [2, '2.0'],
      [3, '2.1'],
    ])
  })

  it('begin anywhere', async () => {
    expect(await collect(1, 2)).toEqual((await collect(1)).slice(2))
    expect(await collect(2, 4)).toEqual([])
  })
})
