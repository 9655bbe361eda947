import { describe, expect, it } from 'vitest'
import { type Augmentation, drawEffects, paperAugmentation } from './augment'
import { applyEffects, toneTable, turned } from './effects'

const image = (bytes: readonly number[], width: number, channels = 1) => ({
  bytes: Uint8Array.from(bytes),
  width,
  height: bytes.length / width / channels,
  channels,
})

const all: Augmentation = {
  ...paperAugmentation,
  rotation: 10,
  scale: [0.8, 1.25],
  photometric: { rgb: { brightness: 0.2, contrast: 0.3, gamma: 0.5 }, ir: { brightness: 0.1 } },
  polarity: 0.5,
  blur: 2,
  noise: 12,
  dropout: 0.5,
}
const draws = (augmentation: Augmentation) =>
  Array.from({ length: 200 }, (_, index) => drawEffects(augmentation, 7, 0, index))

describe('drawing effects', () => {
  it('draws none for the paper’s augmentation', () => {
    expect(drawEffects(paperAugmentation, 7, 0, 0)).toEqual({})
  })

  it('turns and scales both images alike, and draws the rest for each apart', () => {
    for (const { rgb, ir } of draws(all)) {
      expect([rgb!.rotation, rgb!.scale]).toEqual([ir!.rotation, ir!.scale])
      expect(Math.abs(rgb!.rotation!)).toBeLessThanOrEqual(10)
      expect(rgb!.scale!).toBeGreaterThanOrEqual(0.8)
      expect(rgb!.scale!).toBeLessThanOrEqual(1.25)
      expect(rgb!.blur).not.toBe(ir!.blur)
      expect([rgb!.invert, ir!.contrast, rgb!.blank && ir!.blank]).toEqual([undefined, undefined, undefined])
    }
  })

  it('turns polarity over and drops images as often as asked', () => {
    const drawn = draws(all)
    const share = (test: (pair: (typeof drawn)[number]) => unknown) =>
      drawn.filter(test).length / drawn.length
    expect(share(({ ir }) => ir!.invert)).toBeCloseTo(0.5, 0)
    expect(share(({ rgb, ir }) => rgb!.blank || ir!.blank)).toBeCloseTo(0.5, 0)
    expect(share(({ rgb }) => rgb!.blank)).toBeGreaterThan(0.15)
    expect(share(({ ir }) => ir!.blank)).toBeGreaterThan(0.15)
  })

  it('changes nothing of an effect when another is turned on', () => {
    const alone = draws({ ...paperAugmentation, noise: 12 })
    expect(draws(all).map(({ ir }) => ir!.noise)).toEqual(alone.map(({ ir }) => ir!.noise))
  })
})

describe('applying effects', () => {
  it('turns a quarter clockwise and back', () => {
    const square = image([1, 2, 3, 4, 5, 6, 7, 8, 9], 3)
    expect([...turned(square, 90, 1).bytes]).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3])
    expect([...turned(turned(square, 90, 1), -90, 1).bytes]).toEqual([...square.bytes])
  })

  it('enlarges about the middle, and mirrors what lies outside when it makes smaller', () => {
    const row = image([0, 100, 200, 100, 0], 5)
    expect([...turned(row, 0, 2).bytes]).toEqual([100, 150, 200, 150, 100])
    expect([...turned(row, 0, 0.5).bytes]).toEqual([200, 0, 200, 0, 200])
  })

  it('changes tones by hand-worked numbers', () => {
    const table = toneTable({ contrast: 2, brightness: 0.1 })
    expect([table[0], table[127], table[255]]).toEqual([0, 152, 255])
    expect(toneTable({ invert: true })[40]).toBe(215)
    expect(toneTable({ gamma: 2 })[128]).toBe(64)
  })

  it('adds noise of the deviation asked for, the same for the same stream', async () => {
    const flat = image(Array(10_000).fill(128), 100)
    const noisy = await applyEffects(flat, { noise: { deviation: 10, stream: 3 } })
    const again = await applyEffects(flat, { noise: { deviation: 10, stream: 3 } })
    expect(again.bytes).toEqual(noisy.bytes)
    const squares = noisy.bytes.reduce((sum, value) => sum + (value - 128) ** 2, 0)
    expect(Math.sqrt(squares / 10_000)).toBeCloseTo(10, 0)
  })

  it('blurs without changing the mean, and leaves its input alone', async () => {
    const spot = image(
      Array.from({ length: 225 }, (_, i) => (i === 112 ? 255 : 0)),
      15,
    )
    const { bytes } = await applyEffects(spot, { blur: 1 })
    expect(bytes[112]).toBeLessThan(80)
    expect(bytes[113]).toBeGreaterThan(10)
    expect(spot.bytes[112]).toBe(255)
  })
})
