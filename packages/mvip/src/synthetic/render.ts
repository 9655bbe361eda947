import { randomStream } from '../random'
import { drawScene, type Material, type Scene, type Shape, sceneClasses } from './scene'

/** A box of an object, in pixels: corner and size. */
export interface SceneBox {
  readonly class: (typeof sceneClasses)[number]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** One synthetic pair with its truth. */
export interface RenderedScene {
  /** `[size, size, 3]` bytes */
  readonly rgb: Uint8Array
  /** `[size, size]` bytes */
  readonly ir: Uint8Array
  /** Class ids of `sceneClasses`: `[size, size]` */
  readonly labels: Uint8Array
  readonly boxes: readonly SceneBox[]
  readonly hour: number
}

/** A shape without what it is made of. */
export type Outline = Omit<Shape, 'material' | 'object'>

/** Whether a point (in shares) lies in the shape. */
export function covers(
  { outline, x, y, width, height, taper = 1 }: Outline,
  px: number,
  py: number,
): boolean {
  const [u, v] = [(px - x) / width, (py - y) / height]
  if (u < 0 || u > 1 || v < 0 || v > 1) return false
  if (outline === 'rectangle') return true
  if (outline === 'ellipse') return (u - 0.5) ** 2 + (v - 0.5) ** 2 <= 0.25
  return Math.abs(u - 0.5) <= 0.5 * (taper + (1 - taper) * v)
}

/** Which shape is seen at every pixel; -1 = sky. */
function visibleShapes({ shapes }: Scene, size: number): Int16Array {
  const seen = new Int16Array(size * size).fill(-1)
  shapes.forEach((shape, index) => {
    const clamp = (value: number) => Math.min(size, Math.max(0, Math.round(value * size)))
    for (let row = clamp(shape.y); row < clamp(shape.y + shape.height); row++) {
      for (let column = clamp(shape.x); column < clamp(shape.x + shape.width); column++) {
        if (covers(shape, (column + 0.5) / size, (row + 0.5) / size)) seen[row * size + column] = index
      }
    }
  })
  return seen
}

/**
 * Renders a scene in both bands. RGB: albedo under sun and sky light, headlights' glow at night, sensor noise that
 * darkness raises. IR: temperature and emissivity against a cold sky, a little blur of contrast, fixed-pattern noise.
 * @param size Side in pixels.
 */
export function renderScene({
  seed,
  index,
  size,
}: {
  readonly seed: number
  readonly index: number
  readonly size: number
}): RenderedScene {
  const scene = drawScene(seed, index)
  const random = randomStream('pixels', seed, index)
  const noise = () => random() + random() + random() - 1.5
  const seen = visibleShapes(scene, size)
  const stripes = Float32Array.from({ length: size }, () => 0.006 * noise())
  const [rgb, ir, labels] = [
    new Uint8Array(size * size * 3),
    new Uint8Array(size * size),
    new Uint8Array(size * size),
  ]
  const warm = 0.5 + 0.5 * scene.light
  const visibleNoise = 0.02 + 0.05 * (1 - scene.light)
  for (let i = 0; i < size * size; i++) {
    const row = Math.floor(i / size) / size
    const material = seen[i]! < 0 ? undefined : scene.shapes[seen[i]!]!.material
    labels[i] = material ? sceneClasses.indexOf(material.kind) : 0
    const grain = noise()
    for (let c = 0; c < 3; c++)
      rgb[3 * i + c] = toByte(
        visible(scene, material, c, row, warm) * (1 + (material?.grain[0] ?? 0) * 2 * grain) +
          visibleNoise * noise(),
      )
    ir[i] = toByte(
      infrared(material, row, scene.horizon) +
        (material?.grain[1] ?? 0) * grain +
        stripes[i % size]! +
        0.012 * noise(),
    )
  }
  return { rgb, ir, labels, boxes: boxesOf(scene, seen, size), hour: scene.hour }
}

const toByte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)))

function visible(
  { light, horizon }: Scene,
  material: Material | undefined,
  channel: number,
  row: number,
  warm: number,
): number {
  if (!material) return light * ([0.55, 0.7, 0.95][channel]! + 0.25 * (row / horizon)) * 0.9
  const cast = [0.9 + 0.1 * warm, 0.95, 1.05 - 0.1 * warm][channel]!
  // Gamma 2.2, as cameras store it; at night lamps light the lower half a little.
  const lamp = (1 - light) * 0.12 * Math.max(0, row - 0.3)
  return (material.albedo[channel]! * (light + lamp) * cast) ** (1 / 1.6)
}

function infrared(material: Material | undefined, row: number, horizon: number): number {
  const sky = 0.08 + 0.12 * Math.min(1, row / horizon)
  if (!material) return sky
  const own = 0.34 + 0.038 * material.warmth
  return material.emissivity * own + (1 - material.emissivity) * sky
}

/** Boxes around the visible parts of objects; wheels, windows and heads belong to the object drawn before them. */
function boxesOf({ shapes }: Scene, seen: Int16Array, size: number): SceneBox[] {
  const owner = new Map<number, number>()
  let current = -1
  shapes.forEach((shape, i) => {
    if (shape.object) current = i
    const part = current >= 0 && shapes[current]!.material.kind === shape.material.kind
    if (part) owner.set(i, current)
  })
  const extents = new Map<number, [number, number, number, number]>()
  for (let i = 0; i < seen.length; i++) {
    const object = owner.get(seen[i]!)
    if (object === undefined) continue
    const [x, y] = [i % size, Math.floor(i / size)]
    const [left, top, right, bottom] = extents.get(object) ?? [x, y, x, y]
    extents.set(object, [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)])
  }
  return [...extents]
    .map(([object, [left, top, right, bottom]]) => ({
      class: shapes[object]!.material.kind,
      x: left,
      y: top,
      width: right - left + 1,
      height: bottom - top + 1,
    }))
    .filter(({ width, height }) => width >= 3 && height >= 3)
}
