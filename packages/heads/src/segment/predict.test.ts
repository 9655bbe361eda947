import { describe, expect, it } from 'vitest'
import { blankImage, cutWindow, type HostImage, mirrored, resampled } from './host-image'
import { predictClasses, slidingLogits, type WindowNetwork, windowStarts } from './predict'

const image = (height: number, width: number, values: (y: number, x: number) => number[]): HostImage => {
  const rows = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => values(y, x)))
  const data = Float32Array.from(rows.flat(2))
  return { height, width, channels: data.length / (height * width), data }
}

/** Logits = the pixel itself and its negative. */
const mirrorNetwork: WindowNetwork = async (windows) =>
  windows.map((window) =>
    image(window.height, window.width, (y, x) => {
      const value = window.data[(y * window.width + x) * window.channels]!
      return [value, -value]
    }),
  )

describe('windows', () => {
  it('cover the image, the last one at its edge', () => {
    expect(windowStarts(640, 512, 341)).toEqual([0, 128])
    expect(windowStarts(1200, 512, 341)).toEqual([0, 341, 682, 688])
    expect(windowStarts(480, 512, 341)).toEqual([0])
    // (512 + 341) exactly: two windows, as mmsegmentation's rounded-up count gives.
    expect(windowStarts(853, 512, 341)).toEqual([0, 341])
  })

  it('average their logits where they overlap', async () => {
    let call = 0
    const constant: WindowNetwork = async (windows) =>
      windows.map((window) => {
        call++
        return image(window.height, window.width, () => [call])
      })
    const wide = image(2, 6, () => [0, 0, 0])
    const { data } = await slidingLogits(wide, constant, { window: 4, step: 2, multiple: 2, batch: 1 })
    // Windows at 0 (logit 1) and 2 (logit 2).
    expect([...data.subarray(0, 6)]).toEqual([1, 1, 1.5, 1.5, 2, 2])
    expect(call).toBe(2)
  })

  it('give what one pass over the whole gives, where the network looks at single pixels', async () => {
    const picture = image(5, 7, (y, x) => [Math.sin(7 * y + x), 0, 0])
    const whole = await slidingLogits(picture, mirrorNetwork, { multiple: 1 })
    const slid = await slidingLogits(picture, mirrorNetwork, { window: 4, step: 3, multiple: 4, batch: 3 })
    whole.data.forEach((value, i) => void expect(slid.data[i]).toBeCloseTo(value, 6))
  })

  it.each([
    [
      { window: 32, step: 90 },
      'step 90 is larger than the window 32: pixels between windows would get no class',
    ],
    [{ window: 32, step: 33 }, 'step 33 is larger than the window 32'],
    [{ window: 32, step: 0 }, 'step 0: a whole number of at least 1 is wanted'],
    [{ window: 32, step: 1.5 }, 'step 1.5: a whole number of at least 1 is wanted'],
    [{ window: 8 }, "window 8: a multiple of the encoder's stride 16 is wanted"],
    [{ window: 0 }, "window 0: a multiple of the encoder's stride 16 is wanted"],
  ])('that would leave pixels out are refused: %j', async (options, message) => {
    const picture = image(64, 200, () => [1, 1, 1])
    await expect(slidingLogits(picture, mirrorNetwork, options)).rejects.toThrow(message)
  })

  it('may follow each other without a gap', async () => {
    const picture = image(32, 96, (y, x) => [Math.sin(7 * y + x), 0, 0])
    const { data } = await slidingLogits(picture, mirrorNetwork, { window: 32, step: 32 })
    expect(data.every(Number.isFinite)).toBe(true)
  })

  it('are filled up to a multiple with zeros, whose logits are cut off', async () => {
    const seen: number[][] = []
    const network: WindowNetwork = async (windows) => {
      for (const { height, width, data } of windows) seen.push([height, width, data.at(-1)!])
      return mirrorNetwork(windows)
    }
    const logits = await slidingLogits(
      image(3, 5, () => [1, 1, 1]),
      network,
      { multiple: 4 },
    )
    expect(seen).toEqual([[4, 8, 0]])
    expect([logits.height, logits.width]).toEqual([3, 5])
    expect(new Set(logits.data)).toEqual(new Set([1, -1]))
  })
})

describe('prediction', () => {
  const picture = image(4, 6, (_, x) => [x < 4 ? 1 : -1, 0, 0])

  it('takes the class of the highest logit, at the wanted size', async () => {
    const classes = await predictClasses(picture, mirrorNetwork, { multiple: 1 })
    expect([...classes.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 1])
    const larger = await predictClasses(picture, mirrorNetwork, { multiple: 1 }, [8, 12])
    expect([...larger.subarray(0, 12)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
  })

  it('turns mirrored logits back', async () => {
    // Knows the left half only: alone it answers by place, with its mirror image it is undecided nowhere.
    const leftward: WindowNetwork = async (windows) =>
      windows.map(({ height, width, data }) =>
        image(height, width, (y, x) => [x < width / 2 ? 3 * data[(y * width + x) * 3]! : 0.1, 0]),
      )
    const alone = await predictClasses(picture, leftward, { multiple: 1 })
    const both = await predictClasses(picture, leftward, { multiple: 1, flip: true })
    expect([...alone.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0])
    expect([...both.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 1])
  })

  it('averages probabilities over scales', async () => {
    const widths: number[] = []
    const network: WindowNetwork = async (windows) => {
      widths.push(windows[0]!.width)
      return mirrorNetwork(windows)
    }
    const classes = await predictClasses(picture, network, { multiple: 1, scales: [0.5, 1, 2] })
    expect(widths).toEqual([3, 6, 12])
    expect([...classes.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 1])
  })
})

describe('host images', () => {
  it('are resampled with half-pixel centres', () => {
    const two = image(1, 2, (_, x) => [x])
    expect([...resampled(two, 1, 4).data]).toEqual([0, 0.25, 0.75, 1])
    expect([
      ...resampled(
        image(1, 4, (_, x) => [x]),
        1,
        2,
      ).data,
    ]).toEqual([0.5, 2.5])
  })

  it('are mirrored and cut', () => {
    const three = image(1, 3, (_, x) => [x, 10 * x])
    expect([...mirrored(three).data]).toEqual([2, 20, 1, 10, 0, 0])
    expect([...cutWindow(three, 0, 1, 2, 3).data]).toEqual([1, 10, 2, 20, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(blankImage(1, 2, 3).data).toHaveLength(6)
  })
})
