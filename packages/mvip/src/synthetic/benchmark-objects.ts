import type { Outline } from './render'
import type { MsrsClass } from './scene-types'

/** How a surface looks in both bands. */
export interface Surface {
  readonly albedo: readonly [number, number, number]
  /** Degrees above the air. */
  readonly warmth: number
  readonly emissivity: number
  /** Shines itself in visible light at night. */
  readonly glow?: number
}

/** A shape and what it belongs to; later shapes cover earlier ones. */
export interface BenchmarkShape extends Outline {
  readonly surface: Surface
  readonly class: MsrsClass
  /** Parts of one object share its number; ground and background have none. */
  readonly object?: number
  /** 0 = at the horizon, 1 = before the camera. */
  readonly nearness: number
}

/** Drawing order by class where depth is the same. */
export const countedClasses = [
  'curve',
  'guardrail',
  'car_stop',
  'bump',
  'color_cone',
  'car',
  'bike',
  'person',
] as const
export type CountedClass = (typeof countedClasses)[number]

/** An object in its place. */
export interface PlacedObject {
  /** Middle, as a share of the width. */
  readonly x: number
  /** Where it stands, as a share from above. */
  readonly foot: number
  readonly nearness: number
  /** Two colours of its own. */
  readonly first: Surface['albedo']
  readonly second: Surface['albedo']
  /** An engine that has run. */
  readonly hot: boolean
  readonly night: boolean
}

export const box = (x: number, y: number, width: number, height: number): Outline => ({
  outline: 'rectangle',
  x,
  y,
  width,
  height,
})
const round = (x: number, y: number, width: number, height: number): Outline => ({
  ...box(x, y, width, height),
  outline: 'ellipse',
})

type Drawer = (part: (surface: Surface, outline: Outline) => void, placed: PlacedObject) => void

/** What each class of objects is made of; later parts cover earlier ones. */
export const drawers: Readonly<Record<CountedClass, Drawer>> = {
  car(part, { x, foot, nearness, first, hot, night }) {
    const s = 0.1 + 0.3 * nearness
    const body: Surface = { albedo: first, warmth: hot ? 5 : 1, emissivity: 0.85 }
    part(body, box(x - s / 2, foot - 0.4 * s, s, 0.4 * s))
    part(
      { ...body, albedo: [0.12, 0.14, 0.17], emissivity: 0.6 },
      {
        outline: 'trapezoid',
        x: x - 0.38 * s,
        y: foot - 0.64 * s,
        width: 0.76 * s,
        height: 0.26 * s,
        taper: 0.7,
      },
    )
    for (const side of [-0.36, 0.2])
      part(
        { albedo: [0.06, 0.06, 0.06], warmth: hot ? 13 : 2, emissivity: 0.95 },
        round(x + s * side, foot - 0.12 * s, 0.16 * s, 0.18 * s),
      )
    if (night && hot)
      part(
        { albedo: [1, 1, 0.9], warmth: 10, emissivity: 0.9, glow: 1 },
        round(x - 0.47 * s, foot - 0.28 * s, 0.08 * s, 0.08 * s),
      )
  },
  person(part, { x, foot, nearness, first, second }) {
    const h = 0.1 + 0.3 * nearness
    part(
      { albedo: first, warmth: 9, emissivity: 0.97 },
      round(x - 0.13 * h, foot - 0.86 * h, 0.26 * h, 0.52 * h),
    )
    part(
      { albedo: second, warmth: 7, emissivity: 0.97 },
      box(x - 0.09 * h, foot - 0.42 * h, 0.18 * h, 0.42 * h),
    )
    part(
      { albedo: [0.6, 0.46, 0.38], warmth: 13, emissivity: 0.98 },
      round(x - 0.07 * h, foot - h, 0.14 * h, 0.17 * h),
    )
  },
  bike(part, { x, foot, nearness, first }) {
    const s = 0.08 + 0.2 * nearness
    const metal: Surface = { albedo: first, warmth: 1, emissivity: 0.5 }
    for (const side of [-0.5, 0.1])
      part(
        { albedo: [0.08, 0.08, 0.08], warmth: 2, emissivity: 0.95 },
        round(x + s * side, foot - 0.4 * s, 0.4 * s, 0.4 * s),
      )
    part(metal, box(x - 0.3 * s, foot - 0.5 * s, 0.6 * s, 0.12 * s))
  },
  guardrail(part, { x, foot, nearness }) {
    part(
      { albedo: [0.6, 0.6, 0.62], warmth: 1, emissivity: 0.4 },
      box(x - 0.35, foot - 0.05, 0.7, 0.025 + 0.03 * nearness),
    )
  },
  curve(part, { x, foot }) {
    part(
      { albedo: [0.8, 0.78, 0.7], warmth: 2, emissivity: 0.9 },
      { outline: 'trapezoid', x: x - 0.2, y: foot - 0.02, width: 0.4, height: 0.03, taper: 0.8 },
    )
  },
  color_cone(part, { x, foot, nearness }) {
    const h = 0.04 + 0.1 * nearness
    part(
      { albedo: [0.9, 0.35, 0.08], warmth: 1, emissivity: 0.93 },
      { outline: 'trapezoid', x: x - 0.3 * h, y: foot - h, width: 0.6 * h, height: h, taper: 0.15 },
    )
  },
  car_stop(part, { x, foot }) {
    part({ albedo: [0.75, 0.7, 0.2], warmth: 1, emissivity: 0.9 }, box(x - 0.05, foot - 0.025, 0.1, 0.025))
  },
  bump(part, { x, foot }) {
    part(
      { albedo: [0.7, 0.65, 0.15], warmth: 3, emissivity: 0.93 },
      { outline: 'trapezoid', x: x - 0.15, y: foot - 0.03, width: 0.3, height: 0.03, taper: 0.7 },
    )
  },
}
