import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { fileState, openJournal } from './journal'
import { readConfusion, readFloats, readObjects, recordedConfusion, recordedFloats } from './recorded-answers'

const root = mkdtempSync(join(tmpdir(), 'univ-journal-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const model = join(root, 'model.safetensors')
const json = join(root, 'result.json')
const file = `${json}.partial.jsonl`
const flags = (more: object = {}) => ({ json, resume: false, data: 'a', batch: '2', ...more })
const said: string[] = []
const open = (more: object = {}) =>
  openJournal('segment', flags(more), [model], (line) => void said.push(line))
const number = (value: unknown) => (typeof value === 'number' ? value : undefined)

beforeEach(() => {
  rmSync(file, { force: true })
  writeFileSync(model, 'weights')
})

describe('the journal of an interrupted command', () => {
  it('gives back what was recorded, and is gone once the result is there', async () => {
    const first = (await open())!
    expect(existsSync(file)).toBe(false) // nothing before the first answer
    first.record('a', 1)
    first.record('b', 2)
    const second = (await open({ resume: true, batch: '8', report: 'other.html' }))!
    expect(said).toEqual([`going on after 2 answers of ${file}`])
    expect([second.known, second.recall('a', number), second.recall('c', number)]).toEqual([2, 1, undefined])
    second.record('c', 3)
    const third = (await open({ resume: true }))!
    expect([third.recall('b', number), third.recall('c', number)]).toEqual([2, 3])
    third.remove()
    expect(existsSync(file)).toBe(false)
  })

  it('loses what a crash cut off, and no more', async () => {
    const first = (await open())!
    first.record('a', 1)
    first.record('ü', 2)
    const whole = readFileSync(file)
    for (const cut of [1, 3, 6]) {
      writeFileSync(file, whole.subarray(0, whole.length - cut))
      const again = (await open({ resume: true }))!
      expect([again.known, again.recall('ü', number)]).toEqual([1, undefined])
      again.record('ü', 5)
      expect((await open({ resume: true }))!.recall('ü', number)).toBe(5)
    }
    writeFileSync(file, whole.subarray(0, 9)) // not even the head
    expect((await open({ resume: true }))!.known).toBe(0)
  })

  it('is refused where it does not belong to the command', async () => {
    ;(await open())!.record('a', 1)
    await expect(open()).rejects.toThrow(/partial\.jsonl is left of an interrupted run: go on with --resume/)
    await expect(open({ resume: true, data: 'b' })).rejects.toThrow('begun with other flags')
    await expect(openJournal('detect', flags({ resume: true }), [model])).rejects.toThrow('other flags')
    writeFileSync(model, 'other weights')
    await expect(open({ resume: true })).rejects.toThrow('another checkpoint')
    writeFileSync(model, 'weights')
    writeFileSync(join(root, 'model.extras.safetensors'), 'a head')
    await expect(open({ resume: true })).rejects.toThrow('another checkpoint')
    rmSync(join(root, 'model.extras.safetensors'))
    appendFileSync(file, '{}\n["b", 2]\n')
    await expect(open({ resume: true })).rejects.toThrow(`${file}:3: not [key, answer]`)
    await expect(open({ resume: true, json: undefined })).rejects.toThrow('--resume needs --json FILE')
    expect(await open({ json: undefined })).toBeUndefined()
  })

  it('says which entry is no answer', async () => {
    ;(await open())!.record('a', 'no number')
    const journal = (await open({ resume: true }))!
    expect(() => journal.recall('a', number)).toThrow(`${file}: a holds no answer of segment`)
  })

  it('tells files apart that have changed', () => {
    const before = fileState(model)
    writeFileSync(model, 'longer weights')
    expect(fileState(model)).not.toBe(before)
  })
})

describe('recorded answers', () => {
  it('come back as they were', () => {
    const confusion = { classes: 3, counts: Float64Array.of(5, 0, 0, 1, 0, 2 ** 40, 0, 0, 7) }
    expect(readConfusion(JSON.parse(JSON.stringify(recordedConfusion(confusion))), 3)).toEqual(confusion)
    const floats = Float32Array.of(1, -0.1, 1e-30, 3e38).subarray(1)
    expect(readFloats(recordedFloats(floats), 3)).toEqual(Float32Array.from(floats))
    const mask = { height: 2, width: 2, counts: [1, 2, 1] }
    const objects = [{ category: 2, box: [0, 0.5, 2, 2], score: 0.1, area: 4, mask }]
    expect(readObjects(JSON.parse(JSON.stringify(objects)), 2)).toEqual(objects)
  })

  it.each([
    ['counts outside the matrix', () => readConfusion([9, 1], 3)],
    ['half a pair', () => readConfusion([1], 3)],
    ['no list', () => readConfusion({}, 3)],
    ['too few numbers', () => readFloats(recordedFloats(Float32Array.of(1)), 2)],
    ['an unknown class', () => readObjects([{ category: 3, box: [0, 0, 1, 1], score: 1, area: 1 }], 2)],
    ['a box of three', () => readObjects([{ category: 1, box: [0, 0, 1], score: 1, area: 1 }], 2)],
    [
      'a mask of another size',
      () =>
        readObjects(
          [{ category: 1, box: [0, 0, 1, 1], score: 1, area: 1, mask: { height: 2, width: 2, counts: [3] } }],
          2,
        ),
    ],
  ])('are refused: %s', (_, read) => expect(read()).toBeUndefined())
})
