import { randomStream } from '../random'
import { type BenchmarkShape, box, countedClasses, drawers, type Surface } from './benchmark-objects'
import type { Outline } from './render'
import {
  type MsrsClass,
  type Range,
  type SceneType,
  type SceneTypeName,
  sceneTypes,
  type Weather,
  weathers,
} from './scene-types'

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

  const placed = countedClasses
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
    const part = (surface: Surface, outline: Outline) =>
      add(surface, outline, nearness, { class: name, object })
    drawers[name](part, { x, foot, nearness, first, second, hot, night })
  }
  return { type, weather, night, light: roof ? Math.max(0.3, light) : light, horizon, roof, shapes }
}
