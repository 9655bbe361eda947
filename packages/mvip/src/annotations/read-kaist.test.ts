import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { problemText } from './detection-set'
import { readKaist } from './read-kaist'

const root = mkdtempSync(join(tmpdir(), 'univ-kaist-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const file = join(root, 'I00001.txt')

function read(text: string, classes?: readonly string[]) {
  writeFileSync(file, text)
  const { objects, problems, ...rest } = readKaist([{ stem: 'a', width: 640, height: 512, file }], classes)
  return { ...rest, objects: objects.get('a')!, problems: problems.map(problemText) }
}
const header = '% bbGt version=3\n'
const line = (label: string, box = '10 20 30 60', rest = '0 0 0 0 0 0 0') => `${label} ${box} ${rest}\n`

describe('KAIST’s text', () => {
  it('becomes boxes of three classes; `person?` and what is marked so does not count', () => {
    const text = `${header}${line('person')}${line('people')}${line('cyclist', '0 0 8 9', '2 1 1 2 2 0 0')}${line('person?')}${line('person', '1 2 3 4', '0 0 0 0 0 1 0')}`
    const { classes, objects, problems } = read(text.replaceAll('\n', '\r\n'))
    expect(classes).toEqual(['person', 'people', 'cyclist'])
    expect(objects.map((object) => [object.class, object.crowd])).toEqual([
      [0, false],
      [1, false],
      [2, false],
      [0, true],
      [0, true],
    ])
    expect(objects[0]).toEqual({ class: 0, box: [10, 20, 30, 60], crowd: false, area: 1800 })
    expect(problems).toEqual([])
    expect(read(header)).toMatchObject({ objects: [], problems: [] })
    expect(read('')).toMatchObject({ objects: [], problems: [] })
  })

  it('counts persons alone where only they are asked for, as KAIST’s evaluation does', () => {
    const text = `${header}${line('people')}${line('person')}${line('cyclist')}${line('person?')}`
    const { objects } = read(text, ['car', 'person'])
    expect(objects.map((object) => [object.class, object.crowd])).toEqual([
      [1, true],
      [1, false],
      [1, true],
      [1, true],
    ])
    expect(read(text, ['car']).problems[0]).toBe(`${file}:2: class 'people' is unknown; there are car`)
  })

  it('has as many values as its version', () => {
    expect(read('person 1 2 3 4 0 0 0 0 0\n').objects).toHaveLength(1)
    expect(read('% bbGt version=2\nperson 1 2 3 4 0 0 0 0 0 1\n').objects[0]!.crowd).toBe(true)
    expect(read('% bbGt version=2\nperson 1 2 3 4 0 0 0 0 0\n').problems).toEqual([
      `${file}:2: 'person 1 2 3 4 0 0 0 0 0' has 10 values, wanted label x y width height occluded x y width height ignore`,
    ])
    expect(read('% bbGt version=constructor\n').problems).toEqual([
      `${file}:1: bbGt version constructor is unknown; there are 0 to 3`,
    ])
  })

  it('is reported with file and line', () => {
    const { objects, problems } = read(
      `${header}${line('persn')}${line('person', '1 2 x 4')}${line('person', '1 2 0 4')}${line('person', '700 2 3 4')}\n${line('person', '1 2 3 4', '5 0 0 0 0 0 0')}${line('person', '1 2 3 4', '0 0 0 0 0 2 0')}${line('person', '1 2 3 4', '0 0 0 0 0 0 45')}${line('person', '1 2 3 1e999')}person\n`,
    )
    expect(objects).toEqual([])
    expect(problems).toEqual([
      `${file}:2: class 'persn' is unknown; there are person, people, cyclist`,
      `${file}:3: 'person 1 2 x 4 0 0 0 0 0 0 0' is not a label and 11 finite numbers`,
      `${file}:4: box [1, 2, 0, 4] is empty`,
      `${file}:5: box [700, 2, 3, 4] lies outside the image of 640 × 512`,
      `${file}:7: occluded 5 is not 0 (no), 1 (partly) or 2 (heavily)`,
      `${file}:8: ignore 2 is not 0 or 1`,
      `${file}:9: angle 45: boxes that are turned are not read`,
      `${file}:10: 'person 1 2 3 1e999 0 0 0 0 0 0 0' is not a label and 11 finite numbers`,
      `${file}:11: 'person' has 1 values, wanted label x y width height occluded x y width height ignore angle`,
    ])
  })

  it('that cannot be read is a problem, not a crash', () => {
    const folder = join(root, 'folder.txt')
    mkdirSync(folder)
    const device = join(root, 'device.txt')
    symlinkSync('/dev/zero', device)
    const size = { width: 640, height: 512 }
    const images = [
      { stem: 'a', ...size, file: folder },
      { stem: 'b', ...size, file: join(root, 'gone.txt') },
      { stem: 'c', ...size, file: device },
    ]
    expect(readKaist(images).problems.map(problemText)).toEqual([
      `${folder}: cannot be read (EISDIR)`,
      `${join(root, 'gone.txt')}: there is no such file`,
      `${device}: cannot be read (it is no plain file)`,
    ])
  })
})
