import { randomStream } from '../random'
import type { Outline } from './render'

/** Pixel classes of MSRS and MFNet, by id. */
export const msrsClasses = [
  'unlabelled',
  'car',
  'person',
  'bike',
  'curve',
  'car_stop',
  'guardrail',
  'color_cone',
  'bump',
] as const
export type MsrsClass = (typeof msrsClasses)[number]

export const weathers = ['clear', 'overcast', 'rain', 'fog', 'snow'] as const
export type Weather = (typeof weathers)[number]

type Range = readonly [number, number]

/** What stands in a kind of place: how many of each, and how the ground lies. */
interface SceneType {
  /** Height of the horizon, as a share from above. */
  readonly horizon: Range
  /** Width of the road at the lower edge; 0 = none. */
  readonly road: number
  readonly ground: 'grass' | 'stone' | 'sand'
  readonly counts: Readonly<Record<'building' | 'tree' | 'lamp', Range> & Partial<Record<MsrsClass, Range>>>
  /** Closed above: no sky. */
  readonly roof?: boolean
}

/** Ten kinds of places. */
export const sceneTypes = {
  street: {
    horizon: [0.38, 0.48],
    road: 0.9,
    ground: 'stone',
    counts: {
      building: [3, 6],
      tree: [0, 3],
      lamp: [1, 3],
      car: [1, 4],
      person: [1, 4],
      bike: [0, 2],
      curve: [1, 2],
    },
  },
  crossing: {
    horizon: [0.4, 0.5],
    road: 1.4,
    ground: 'stone',
    counts: {
      building: [2, 5],
      tree: [0, 2],
      lamp: [2, 4],
      car: [2, 5],
      person: [2, 6],
      bike: [1, 3],
      car_stop: [0, 3],
    },
  },
  highway: {
    horizon: [0.34, 0.42],
    road: 1.6,
    ground: 'grass',
    counts: { building: [0, 1], tree: [1, 5], lamp: [0, 3], car: [2, 6], guardrail: [1, 2] },
  },
  'car-park': {
    horizon: [0.3, 0.4],
    road: 1.8,
    ground: 'stone',
    counts: { building: [1, 3], tree: [0, 3], lamp: [1, 3], car: [4, 8], person: [0, 3], car_stop: [2, 5] },
  },
  park: {
    horizon: [0.38, 0.5],
    road: 0.4,
    ground: 'grass',
    counts: { building: [0, 1], tree: [4, 8], lamp: [0, 2], person: [1, 5], bike: [0, 3] },
  },
  campus: {
    horizon: [0.36, 0.46],
    road: 0.6,
    ground: 'stone',
    counts: {
      building: [2, 4],
      tree: [2, 5],
      lamp: [1, 3],
      person: [2, 6],
      bike: [1, 4],
      car: [0, 2],
      bump: [0, 2],
    },
  },
  village: {
    horizon: [0.4, 0.5],
    road: 0.6,
    ground: 'grass',
    counts: { building: [1, 4], tree: [2, 5], lamp: [0, 1], car: [0, 2], person: [0, 3], bump: [0, 1] },
  },
  roadworks: {
    horizon: [0.36, 0.46],
    road: 1.1,
    ground: 'sand',
    counts: {
      building: [0, 3],
      tree: [0, 2],
      lamp: [0, 2],
      car: [1, 3],
      person: [1, 4],
      color_cone: [3, 8],
      guardrail: [0, 1],
    },
  },
  tunnel: {
    horizon: [0.44, 0.5],
    road: 1.5,
    ground: 'stone',
    roof: true,
    counts: { building: [0, 0], tree: [0, 0], lamp: [3, 6], car: [1, 4], guardrail: [1, 2], curve: [0, 1] },
  },
  beach: {
    horizon: [0.36, 0.46],
    road: 0,
    ground: 'sand',
    counts: { building: [0, 1], tree: [0, 2], lamp: [0, 1], person: [2, 7], bike: [0, 2] },
  },
} as const satisfies Record<string, SceneType>
export type SceneTypeName = keyof typeof sceneTypes

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

export interface BenchmarkScene {
  readonly type: SceneTypeName
  readonly weather: Weather
  readonly night: boolean
  /** Light of sun and sky. */
  readonly light: number
  readonly horizon: number
  readonly roof: boolean
  readonly shapes: readonly BenchmarkShape[]
}

const grounds = {
  grass: { albedo: [0.22, 0.34, 0.16], warmth: 1, emissivity: 0.97 },
  stone: { albedo: [0.48, 0.47, 0.44], warmth: 3, emissivity: 0.92 },
  sand: { albedo: [0.7, 0.62, 0.46], warmth: 5, emissivity: 0.9 },
} as const satisfies Record<SceneType['ground'], Surface>

/** Drawing order by class where depth is the same. */
const counted = ['curve', 'guardrail', 'car_stop', 'bump', 'color_cone', 'car', 'bike', 'person'] as const

/**
 * One frame of a sequence. Place, weather and hour are the sequence's; cars, bikes and people move from frame to frame.
 * Types, weathers and hours take turns, so that a few dozen sequences have all of them.
 */
export function drawBenchmarkScene(seed: number, sequence: number, frame: number): BenchmarkScene {
  const names = Object.keys(sceneTypes) as SceneTypeName[]
  const type = names[sequence % names.length]!
  const { horizon: range, road, ground, counts, roof = false }: SceneType = sceneTypes[type]
  const random = randomStream('benchmark', seed, sequence)
  const between = (low: number, high: number) => low + (high - low) * random()
  const weather = roof ? 'clear' : weathers[Math.floor(sequence / names.length) % weathers.length]!
  const night = random() < 0.5
  const light =
    (night ? 0.05 : 1) * ({ clear: 1, overcast: 0.7, rain: 0.5, fog: 0.65, snow: 0.8 } as const)[weather]
  const sun = night || weather !== 'clear' || roof ? 0 : 1
  const horizon = between(...range)
  const shapes: BenchmarkShape[] = []
  let objects = 0
  const tint = (): [number, number, number] => [between(0.1, 0.8), between(0.1, 0.8), between(0.1, 0.8)]
  const add = (
    surface: Surface,
    outline: Outline,
    nearness: number,
    of: { class?: MsrsClass; object?: number } = {},
  ): void =>
    void shapes.push({ surface, ...outline, nearness, class: of.class ?? 'unlabelled', object: of.object })
  const box = (x: number, y: number, width: number, height: number): Outline => ({
    outline: 'rectangle',
    x,
    y,
    width,
    height,
  })
  const warmed = (surface: Surface): Surface => ({ ...surface, warmth: surface.warmth * (0.4 + 0.6 * sun) })
  const base = warmed(grounds[ground])
  const floor = weather === 'snow' ? { ...base, albedo: [0.9, 0.9, 0.92] as const, warmth: -2 } : base
  const wet = weather === 'rain' ? 0.4 : 1
  add({ ...floor, warmth: floor.warmth * wet }, box(0, horizon, 1, 1 - horizon), 0.5)
  if (road > 0) {
    const asphalt: Surface = { albedo: [0.2, 0.2, 0.21], warmth: (2 + 6 * sun) * wet, emissivity: 0.96 }
    add(
      asphalt,
      { outline: 'trapezoid', x: 0.5 - road / 2, y: horizon, width: road, height: 1 - horizon, taper: 0.1 },
      0.5,
    )
  }
  const count = ([least, most]: Range) => least + Math.floor(random() * (most - least + 1))
  for (let i = count(counts.building); i > 0; i--) {
    const [x, width, height] = [between(-0.1, 0.95), between(0.12, 0.3), between(0.1, 0.32)]
    add(
      { albedo: tint(), warmth: 1 + 4 * sun, emissivity: 0.9 },
      box(x, horizon - height, width, height + 0.02),
      0.1,
    )
    for (let w = 0; w < 6; w++) {
      const lit = night && random() < 0.5 ? 0.8 : 0
      const glass: Surface = { albedo: [0.15, 0.18, 0.22], warmth: 3, emissivity: 0.6, glow: lit }
      add(
        glass,
        box(
          x + width * (0.12 + 0.3 * (w % 3)),
          horizon - height * (0.85 - 0.4 * Math.floor(w / 3)),
          width * 0.16,
          height * 0.2,
        ),
        0.1,
      )
    }
  }
  for (let i = count(counts.tree); i > 0; i--) {
    const [x, height] = [between(0, 1), between(0.18, 0.4)]
    add(
      { albedo: [0.3, 0.24, 0.18], warmth: 0.5, emissivity: 0.95 },
      box(x - 0.012, horizon - 0.03, 0.024, 0.12),
      0.2,
    )
    const leaves: Surface = { albedo: [0.14, between(0.3, 0.45), 0.12], warmth: -0.5, emissivity: 0.98 }
    add(
      leaves,
      { outline: 'ellipse', x: x - 0.35 * height, y: horizon + 0.03 - height, width: 0.7 * height, height },
      0.2,
    )
  }
  for (let i = count(counts.lamp); i > 0; i--) {
    const [x, top] = [between(0.03, 0.97), horizon - between(0.15, 0.3)]
    add({ albedo: [0.4, 0.4, 0.42], warmth: 0, emissivity: 0.5 }, box(x, top, 0.01, 0.34), 0.3)
    add(
      { albedo: [0.9, 0.9, 0.8], warmth: 14, emissivity: 0.9, glow: 1 },
      { outline: 'ellipse', x: x - 0.015, y: top - 0.012, width: 0.04, height: 0.025 },
      0.3,
    )
  }

  const placed = counted
    .flatMap((name) => Array.from({ length: count(counts[name] ?? [0, 0]) }, () => name))
    .map((name) => ({
      name,
      nearness: between(0.12, 0.75),
      x: between(0.05, 0.95),
      speed: between(-0.04, 0.04),
      colours: [tint(), tint()] as const,
      hot: random() < 0.7,
    }))
    .sort((a, b) => a.nearness - b.nearness)
  for (const {
    name,
    nearness,
    x: start,
    speed,
    colours: [first, second],
    hot,
  } of placed) {
    const moves = name === 'car' || name === 'bike' || name === 'person'
    // Whoever leaves on one side comes in on the other.
    const x = moves ? ((((start + speed * frame * (0.5 + nearness)) % 1.2) + 1.2) % 1.2) - 0.1 : start
    const foot = horizon + (1 - horizon) * nearness
    const object = objects++
    const of = { class: name, object }
    const part = (surface: Surface, outline: Outline) => add(surface, outline, nearness, of)
    const round = (left: number, top: number, width: number, height: number): Outline => ({
      ...box(left, top, width, height),
      outline: 'ellipse',
    })
    if (name === 'car') {
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
    } else if (name === 'person') {
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
    } else if (name === 'bike') {
      const s = 0.08 + 0.2 * nearness
      const metal: Surface = { albedo: first, warmth: 1, emissivity: 0.5 }
      for (const side of [-0.5, 0.1])
        part(
          { albedo: [0.08, 0.08, 0.08], warmth: 2, emissivity: 0.95 },
          round(x + s * side, foot - 0.4 * s, 0.4 * s, 0.4 * s),
        )
      part(metal, box(x - 0.3 * s, foot - 0.5 * s, 0.6 * s, 0.12 * s))
    } else if (name === 'guardrail') {
      part(
        { albedo: [0.6, 0.6, 0.62], warmth: 1, emissivity: 0.4 },
        box(x - 0.35, foot - 0.05, 0.7, 0.025 + 0.03 * nearness),
      )
    } else if (name === 'curve') {
      part(
        { albedo: [0.8, 0.78, 0.7], warmth: 2, emissivity: 0.9 },
        { outline: 'trapezoid', x: x - 0.2, y: foot - 0.02, width: 0.4, height: 0.03, taper: 0.8 },
      )
    } else if (name === 'color_cone') {
      const h = 0.04 + 0.1 * nearness
      part(
        { albedo: [0.9, 0.35, 0.08], warmth: 1, emissivity: 0.93 },
        { outline: 'trapezoid', x: x - 0.3 * h, y: foot - h, width: 0.6 * h, height: h, taper: 0.15 },
      )
    } else if (name === 'car_stop') {
      part({ albedo: [0.75, 0.7, 0.2], warmth: 1, emissivity: 0.9 }, box(x - 0.05, foot - 0.025, 0.1, 0.025))
    } else {
      part(
        { albedo: [0.7, 0.65, 0.15], warmth: 3, emissivity: 0.93 },
        { outline: 'trapezoid', x: x - 0.15, y: foot - 0.03, width: 0.3, height: 0.03, taper: 0.7 },
      )
    }
  }
  return { type, weather, night, light: roof ? Math.max(0.3, light) : light, horizon, roof, shapes }
}
