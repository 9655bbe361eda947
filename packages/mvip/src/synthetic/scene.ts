import { randomStream } from '../random'

/** Classes of synthetic scenes, by id. */
export const sceneClasses = [
  'sky',
  'building',
  'road',
  'pavement',
  'vegetation',
  'car',
  'person',
  'pole',
] as const

export type SceneClass = (typeof sceneClasses)[number]

/** What a surface looks like in both bands. */
export interface Material {
  readonly kind: SceneClass
  /** Reflected share of red, green and blue light. */
  readonly albedo: readonly [number, number, number]
  /** Degrees above (or below) the air. */
  readonly warmth: number
  /** Share of its own heat radiation; the rest mirrors the cold sky. */
  readonly emissivity: number
  /** Grain of the surface in visible light and in infrared. */
  readonly grain: readonly [number, number]
}

/** A shape in shares of the image's sides; later shapes cover earlier ones. */
export interface Shape {
  readonly material: Material
  readonly outline: 'rectangle' | 'ellipse' | 'trapezoid'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Trapezoids: width of the upper side as a share of the lower one. */
  readonly taper?: number
  /** Objects get a box; ground and buildings none. */
  readonly object?: boolean
}

export interface Scene {
  readonly shapes: readonly Shape[]
  /** 0-24; light and heat follow it. */
  readonly hour: number
  /** Light of sun and sky, 0.03 (night) to 1. */
  readonly light: number
  readonly horizon: number
}

/** A road scene drawn from (seed, index): ground, buildings, trees, poles, cars, people; day or night. */
export function drawScene(seed: number, index: number): Scene {
  const random = randomStream('scene', seed, index)
  const between = (low: number, high: number) => low + (high - low) * random()
  const hour = between(0, 24)
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI))
  const horizon = between(0.36, 0.5)
  const tint = (base: number, spread: number): [number, number, number] => [
    base + between(-spread, spread),
    base + between(-spread, spread),
    base + between(-spread, spread),
  ]
  const material = (
    kind: SceneClass,
    albedo: readonly [number, number, number],
    warmth: number,
    emissivity = 0.95,
    grain: readonly [number, number] = [0.03, 0.01],
  ): Material => ({ kind, albedo, warmth, emissivity, grain })

  const shapes: Shape[] = []
  const ground = horizon - 0.01
  shapes.push({
    material: material('pavement', [0.5, 0.48, 0.45], 1 + 5 * sun, 0.92, [0.05, 0.02]),
    outline: 'rectangle',
    x: 0,
    y: ground,
    width: 1,
    height: 1 - ground,
  })
  for (let x = -0.1; x < 1.05; ) {
    const width = between(0.12, 0.3)
    if (random() < 0.72) {
      const height = between(0.12, 0.34)
      const wall = material(
        'building',
        tint(between(0.35, 0.7), 0.12),
        2 + 3 * sun + between(0, 2),
        0.9,
        [0.04, 0.02],
      )
      shapes.push({
        material: wall,
        outline: 'rectangle',
        x,
        y: horizon - height,
        width,
        height: height + 0.03,
      })
      const glass = material('building', [0.15, 0.18, 0.22], 4, 0.6, [0.01, 0.01])
      for (let row = 0; row < 3; row++)
        for (let column = 0; column < 3; column++) {
          shapes.push({
            material: glass,
            outline: 'rectangle',
            x: x + width * (0.14 + 0.28 * column),
            y: horizon - height * (0.88 - 0.28 * row),
            width: width * 0.15,
            height: height * 0.14,
          })
        }
    }
    x += width
  }
  const middle = between(0.42, 0.58)
  const road = material('road', [0.22, 0.22, 0.23], 3 + 7 * sun, 0.96, [0.03, 0.01])
  shapes.push({
    material: road,
    outline: 'trapezoid',
    x: middle - 0.45,
    y: horizon + 0.02,
    width: 0.9,
    height: 1 - horizon,
    taper: 0.12,
  })
  const paint = { ...road, albedo: [0.85, 0.85, 0.8] as const, warmth: road.warmth - 1 }
  for (let i = 0; i < 5; i++) {
    const depth = 0.1 + 0.2 * i
    shapes.push({
      material: paint,
      outline: 'rectangle',
      x: middle - 0.005 * (1 + 3 * depth),
      y: horizon + (1 - horizon) * depth,
      width: 0.01 * (1 + 3 * depth),
      height: 0.06 * (0.3 + depth),
    })
  }
  const count = (most: number) => Math.floor(random() * (most + 1))
  const trees = 1 + count(3)
  for (let i = 0; i < trees; i++) {
    const [x, height] = [random() < 0.5 ? between(0, 0.25) : between(0.75, 1), between(0.2, 0.4)]
    shapes.push({
      material: material('vegetation', [0.3, 0.24, 0.18], 0.5),
      outline: 'rectangle',
      x: x - 0.012,
      y: horizon - 0.02,
      width: 0.024,
      height: 0.14,
    })
    shapes.push({
      material: material('vegetation', [0.16, between(0.32, 0.46), 0.14], -0.5 + sun, 0.98, [0.1, 0.03]),
      outline: 'ellipse',
      x: x - 0.35 * height,
      y: horizon + 0.04 - height,
      width: 0.7 * height,
      height,
    })
  }
  for (let i = 0; i < 1 + count(2); i++) {
    const x = random() < 0.5 ? between(0.05, 0.3) : between(0.7, 0.95)
    shapes.push({
      material: material('pole', [0.4, 0.4, 0.42], 1, 0.5),
      outline: 'rectangle',
      x,
      y: horizon - 0.28,
      width: 0.014,
      height: 0.44,
    })
  }
  const cars = Array.from({ length: 1 + count(3) }, () => between(0.08, 0.6)).sort((a, b) => a - b)
  for (const depth of cars) {
    const [scale, x] = [0.08 + 0.3 * depth, middle + (random() - 0.5) * (0.2 + 0.6 * depth)]
    const y = horizon + (1 - horizon) * depth
    const running = random() < 0.7 ? 9 : 2
    const body = material(
      'car',
      tint(between(0.2, 0.75), 0.2),
      2 + 4 * sun + running * 0.3,
      0.85,
      [0.02, 0.01],
    )
    shapes.push({
      material: body,
      outline: 'rectangle',
      x: x - scale / 2,
      y,
      width: scale,
      height: scale * 0.4,
      object: true,
    })
    shapes.push({
      material: { ...body, albedo: [0.12, 0.14, 0.17], emissivity: 0.6 },
      outline: 'trapezoid',
      x: x - scale * 0.38,
      y: y - scale * 0.24,
      width: scale * 0.76,
      height: scale * 0.26,
      taper: 0.7,
    })
    for (const side of [-0.36, 0.22])
      shapes.push({
        material: { ...body, albedo: [0.06, 0.06, 0.06], warmth: 4 + running },
        outline: 'ellipse',
        x: x + scale * side,
        y: y + scale * 0.3,
        width: scale * 0.16,
        height: scale * 0.18,
      })
  }
  for (let i = 0; i < 1 + count(3); i++) {
    const height = between(0.12, 0.3)
    const x = between(0.05, 0.95)
    const y = horizon + 0.1 + height * 0.5 - height * 0.6
    const clothes = material('person', tint(between(0.15, 0.6), 0.15), 9, 0.97, [0.05, 0.02])
    shapes.push({
      material: clothes,
      outline: 'ellipse',
      x: x - height * 0.15,
      y: y + height * 0.16,
      width: height * 0.3,
      height: height * 0.84,
      object: true,
    })
    shapes.push({
      material: { ...clothes, albedo: [0.6, 0.46, 0.38], warmth: 13 },
      outline: 'ellipse',
      x: x - height * 0.09,
      y,
      width: height * 0.18,
      height: height * 0.2,
    })
  }
  return { shapes, hour, light: 0.06 + 0.94 * sun ** 0.6, horizon }
}
