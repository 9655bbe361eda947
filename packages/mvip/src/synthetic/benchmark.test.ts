import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { measureAlignment } from '../align/alignment'
import { renderBenchmark } from './benchmark-render'
import { drawBenchmarkScene } from './benchmark-scene'
import { msrsClasses, sceneTypes, weathers } from './scene-types'
import { writeBenchmark } from './write-benchmark'

const base = { seed: 5, frame: 0, size: 96 }
const scenes = Array.from({ length: 50 }, (_, sequence) => drawBenchmarkScene(5, sequence, 0))

/** Visible as grey. */
const greyOf = (rgb: Uint8Array) =>
  Uint8Array.from({ length: rgb.length / 3 }, (_, i) => (rgb[3 * i]! + rgb[3 * i + 1]! + rgb[3 * i + 2]!) / 3)

describe('the synthetic benchmark', () => {
  it('has ten scene types, five weathers and both hours within fifty sequences, and every class of MSRS', () => {
    expect(Object.keys(sceneTypes)).toHaveLength(10)
    expect(new Set(scenes.map(({ type }) => type)).size).toBe(10)
    expect(new Set(scenes.map(({ weather }) => weather))).toEqual(new Set(weathers))
    expect(new Set(scenes.map(({ night }) => night)).size).toBe(2)
    const classes = new Set(scenes.flatMap(({ shapes }) => shapes.map((shape) => shape.class)))
    expect(classes).toEqual(new Set(msrsClasses))
  })

  it.each([0, 15, 64.5, 70_000])(
    'is refused with a side of %s, and leaves the folder alone',
    async (size) => {
      const folder = join(tmpdir(), 'univ-never-made')
      await expect(writeBenchmark(folder, { sequences: 1, size })).rejects.toThrow(
        `size ${size}: a whole number from 16 to 4096 is wanted`,
      )
      expect(existsSync(folder)).toBe(false)
    },
  )

  it.each([
    [{ sequences: 0 }, 'sequences 0: a whole number from 1 to 1000000 is wanted'],
    [{ sequences: 1, frames: 2.5 }, 'frames 2.5: a whole number from 1 to 1000000 is wanted'],
    [{ sequences: 1e11 }, 'sequences 100000000000: a whole number from 1 to 1000000 is wanted'],
    [{ sequences: 1e6, frames: 8 }, 'are 8000000 frames, in four files each: at most 1000000 are written'],
  ])('is refused with %j before a file is written', async (extent, message) => {
    const folder = join(tmpdir(), 'univ-never-made')
    await expect(writeBenchmark(folder, extent)).rejects.toThrow(message)
    expect(existsSync(folder)).toBe(false)
  })

  it('repeats with its numbers, and moves cars and people from frame to frame, not the place', () => {
    const one = renderBenchmark({ ...base, sequence: 0 })
    expect(renderBenchmark({ ...base, sequence: 0 })).toEqual(one)
    const [before, after] = [drawBenchmarkScene(5, 0, 0), drawBenchmarkScene(5, 0, 1)]
    const moved = before.shapes
      .filter((shape, i) => shape.x !== after.shapes[i]!.x)
      .map((shape) => shape.class)
    expect(new Set(moved)).toEqual(
      new Set(['car', 'person', 'bike'].filter((name) => moved.includes(name as never))),
    )
    expect(moved.length).toBeGreaterThan(2)
    expect(
      after.shapes.filter((shape, i) => shape.class === 'unlabelled' && shape.x !== before.shapes[i]!.x),
    ).toEqual([])
  })

  it('puts boxes where the labels of their class are', () => {
    for (let sequence = 0; sequence < 10; sequence++) {
      const { boxes, labels } = renderBenchmark({ ...base, sequence })
      for (const { class: name, x, y, width, height } of boxes) {
        const id = msrsClasses.indexOf(name)
        const inside = (row: number, column: number) => labels[row * 96 + column] === id
        const top = Array.from({ length: width }, (_, i) => inside(y, x + i))
        const left = Array.from({ length: height }, (_, i) => inside(y + i, x))
        expect([top.includes(true), left.includes(true), x + width <= 96, y + height <= 96]).toEqual([
          true,
          true,
          true,
          true,
        ])
      }
    }
  })

  it('shows people warm at night when the visible image hardly shows them', () => {
    const sequence = scenes.findIndex(
      ({ night, weather, shapes }) =>
        night && weather === 'clear' && shapes.some((s) => s.class === 'person'),
    )
    const { rgb, ir, labels } = renderBenchmark({ ...base, sequence, halo: 0, noise: 0 })
    const meanOf = (values: ArrayLike<number>, test: (label: number) => boolean) => {
      const chosen = Array.from(values).filter((_, i) => test(labels[i]!))
      return chosen.reduce((a, b) => a + b, 0) / chosen.length
    }
    const person = (label: number) => label === msrsClasses.indexOf('person')
    expect(meanOf(ir, person)).toBeGreaterThan(meanOf(ir, (label) => !person(label)) + 40)
    expect(meanOf(greyOf(rgb), person)).toBeLessThan(80)
  })

  it('has noise, stripes and loss of contrast that can be turned off', () => {
    const quiet = { ...base, sequence: 2, noise: 0, fixedPattern: 0, halo: 0, flatness: 0 }
    const spread = (options: object) => {
      const { ir } = renderBenchmark({ ...quiet, ...options })
      const mean = ir.reduce((a, b) => a + b, 0) / ir.length
      return Math.sqrt(ir.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ir.length)
    }
    expect(spread({ flatness: 1 })).toBeLessThan(0.5 * spread({}))
    expect(renderBenchmark({ ...quiet, noise: 1 }).ir).not.toEqual(renderBenchmark(quiet).ir)
    expect(renderBenchmark({ ...quiet, fixedPattern: 1 }).ir).not.toEqual(renderBenchmark(quiet).ir)
  })

  it('shifts infrared by the offset asked for, and the alignment measure finds it', () => {
    let found = 0
    for (let sequence = 0; sequence < 20; sequence++) {
      const { rgb, ir } = renderBenchmark({ ...base, size: 128, sequence, misalignment: { dx: 7, dy: -5 } })
      const { dx, dy } = measureAlignment(greyOf(rgb), ir, 128, { width: 128, height: 128 })
      if (Math.hypot(dx - 7, dy + 5) < 1.5) found++
    }
    expect(found).toBeGreaterThanOrEqual(16)
  })
})
