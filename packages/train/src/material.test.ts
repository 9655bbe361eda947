import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSameMaterial, materialOf } from './material'

const file = join(mkdtempSync(join(tmpdir(), 'material-')), 't.safetensors')
const material = (content: string, names: readonly string[]) => {
  writeFileSync(file, content)
  return materialOf(
    { teacher: file, student: undefined },
    { unit: 'pairs', count: names.length, name: (i) => names[i]! },
  )
}

describe('what a run is made of', async () => {
  const before = await material('weights', ['a', 'b', 'c'])

  it('is the same where the same files and names are there', async () => {
    expect(Object.keys(before.files)).toEqual(['teacher'])
    const now = await material('weights', ['a', 'b', 'c'])
    expect(now).toEqual(before)
    expect(() => checkSameMaterial(before, now)).not.toThrow()
  })

  it.each([
    ['others', ['a', 'b', 'c'], `resume: the teacher ${file} is not the file that the run began with`],
    ['weights', ['a', 'b'], 'resume: 3 pairs were trained on, there are 2'],
    [
      'weights',
      ['a', 'b', 'd'],
      'resume: the 3 pairs are not those that were trained on: their names differ',
    ],
  ])('is told where it differs', async (content, names, message) => {
    const now = await material(content, names)
    expect(() => checkSameMaterial(before, now)).toThrow(message)
  })

  it('asks for some names of a large set only', async () => {
    let asked = 0
    const { items } = await materialOf({}, { unit: 'pairs', count: 95_001, name: () => `${++asked}` })
    expect([items.count, asked]).toEqual([95_001, 9501])
  })
})
