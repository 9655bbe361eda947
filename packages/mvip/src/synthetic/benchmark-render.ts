import { randomStream } from '../random'
import type { BenchmarkShape } from './benchmark-objects'
import { type BenchmarkScene, drawBenchmarkScene } from './benchmark-scene'
import { covers } from './render'
import { type MsrsClass, msrsClasses } from './scene-types'

/** What sensors add; each 0-1, with the defaults of ordinary cameras. */
export interface SensorOptions {
  /** Random noise of both sensors. Default 0.3. */
  readonly noise?: number
  /** Columns of the infrared sensor that always differ. Default 0.3. */
  readonly fixedPattern?: number
  /** Dark rims around hot things, and glare around lamps. Default 0.3. */
  readonly halo?: number
  /** Loss of infrared contrast. Default 0.2. */
  readonly flatness?: number
}

export interface BenchmarkOptions extends SensorOptions {
  readonly seed: number
  readonly sequence: number
  readonly frame: number
  /** Side in pixels. */
  readonly size: number
  /** How far the scene lies right and down in infrared, in pixels. Default none. */
  readonly misalignment?: { readonly dx: number; readonly dy: number }
}

export interface BenchmarkBox {
  readonly class: MsrsClass
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** One pair with its truth; labels and boxes are the visible image's. */
export interface BenchmarkPair {
  /** `[size, size, 3]` */
  readonly rgb: Uint8Array
  /** `[size, size]` */
  readonly ir: Uint8Array
  /** Ids of `msrsClasses`: `[size, size]` */
  readonly labels: Uint8Array
  readonly boxes: readonly BenchmarkBox[]
  readonly scene: BenchmarkScene
}

/** Which shape is seen at every pixel of a picture that looks `dx`, `dy` pixels beside; -1 = sky. */
function seenShapes({ shapes }: BenchmarkScene, size: number, dx = 0, dy = 0): Int16Array {
  const seen = new Int16Array(size * size).fill(-1)
  const clamp = (value: number) => Math.min(size, Math.max(0, Math.round(value)))
  shapes.forEach((shape, index) => {
    for (
      let row = clamp(shape.y * size + dy - 1);
      row < clamp((shape.y + shape.height) * size + dy + 1);
      row++
    )
      for (
        let column = clamp(shape.x * size + dx - 1);
        column < clamp((shape.x + shape.width) * size + dx + 1);
        column++
      )
        if (covers(shape, (column + 0.5 - dx) / size, (row + 0.5 - dy) / size))
          seen[row * size + column] = index
  })
  return seen
}

/** Sums over squares of side 2·radius + 1, divided by their area. */
function boxBlurred(values: Float32Array, size: number, radius: number): Float32Array {
  const pass = (from: Float32Array, along: number, across: number): Float32Array => {
    const to = new Float32Array(from.length)
    for (let line = 0; line < size; line++) {
      const at = (i: number) => from[line * across + Math.min(size - 1, Math.max(0, i)) * along]!
      let sum = 0
      for (let i = -radius; i <= radius; i++) sum += at(i)
      for (let i = 0; i < size; i++) {
        to[line * across + i * along] = sum / (2 * radius + 1)
        sum += at(i + radius + 1) - at(i - radius)
      }
    }
    return to
  }
  return pass(pass(values, 1, size), size, 1)
}

const toByte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)))

/** Light that reaches the camera from a surface, by channel. */
function visibleLight(
  scene: BenchmarkScene,
  shape: BenchmarkShape | undefined,
  row: number,
  channel: number,
): number {
  const { light, horizon, weather, roof } = scene
  const sky = roof ? 0.15 : light * ([0.55, 0.7, 0.95][channel]! + 0.2 * Math.min(1, row / horizon))
  const grey = roof ? 0.15 : light * 0.75
  const veil = { clear: 0, overcast: 0.05, rain: 0.25, snow: 0.2, fog: 0.8 }[weather]
  if (!shape) return sky * (1 - veil) + grey * veil
  const lamps = (1 - light) * 0.1 * Math.max(0, row - 0.3)
  const own = Math.max(
    shape.surface.albedo[channel]! * (light + lamps),
    shape.surface.glow ? shape.surface.glow * 0.95 : 0,
  )
  const lost = veil * (1 - shape.nearness)
  return own * (1 - lost) + grey * lost
}

/** Radiation of a surface, 0-1; fog and rain swallow some of what is far. */
function heat(scene: BenchmarkScene, shape: BenchmarkShape | undefined, row: number): number {
  const sky = scene.roof
    ? 0.32
    : (scene.weather === 'clear' ? 0.08 : 0.2) + 0.1 * Math.min(1, row / scene.horizon)
  if (!shape) return sky
  const { warmth, emissivity } = shape.surface
  const own = emissivity * (0.34 + 0.036 * warmth) + (1 - emissivity) * sky
  const lost =
    { clear: 0, overcast: 0, rain: 0.25, snow: 0.15, fog: 0.35 }[scene.weather] * (1 - shape.nearness)
  return own * (1 - lost) + 0.3 * lost
}

/** Renders one frame of the benchmark in both bands; the same options give the same pixels. */
export function renderBenchmark(options: BenchmarkOptions): BenchmarkPair {
  const {
    seed,
    sequence,
    frame,
    size,
    misalignment,
    noise = 0.3,
    fixedPattern = 0.3,
    halo = 0.3,
    flatness = 0.2,
  } = options
  const scene = drawBenchmarkScene(seed, sequence, frame)
  const random = randomStream('benchmark pixels', seed, sequence, frame)
  const grain = () => 2 * (random() + random() + random() - 1.5)
  const seen = seenShapes(scene, size)
  const { dx = 0, dy = 0 } = misalignment ?? {}
  const seenHot = dx === 0 && dy === 0 ? seen : seenShapes(scene, size, dx, dy)
  // Of the sensor, not of the frame: the columns are the same through a sequence.
  const sensor = randomStream('benchmark sensor', seed, sequence)
  const stripes = Float32Array.from({ length: size }, () => 0.05 * fixedPattern * (2 * sensor() - 1))
  const shapeAt = (map: Int16Array, i: number) => (map[i]! < 0 ? undefined : scene.shapes[map[i]!])
  const pixels = size * size
  const [lights, warm, glare] = [
    new Float32Array(pixels * 3),
    new Float32Array(pixels),
    new Float32Array(pixels),
  ]
  const labels = new Uint8Array(pixels)
  for (let i = 0; i < pixels; i++) {
    const row = Math.floor(i / size) / size
    const shape = shapeAt(seen, i)
    labels[i] = shape ? msrsClasses.indexOf(shape.class) : 0
    for (let c = 0; c < 3; c++) lights[3 * i + c] = visibleLight(scene, shape, row, c)
    glare[i] = scene.night ? (shape?.surface.glow ?? 0) : 0
    warm[i] = heat(scene, shapeAt(seenHot, i), row)
  }
  const radius = Math.max(1, Math.round(size / 40))
  const [around, shine] = [boxBlurred(warm, size, radius), boxBlurred(glare, size, radius)]
  const [rgb, ir] = [new Uint8Array(pixels * 3), new Uint8Array(pixels)]
  const dark = noise * (0.04 + 0.1 * (1 - Math.min(1, scene.light)))
  for (let i = 0; i < pixels; i++) {
    // Rain and snow in front of the visible camera only: drops are too small and too cold to be seen in infrared.
    const falls =
      (scene.weather === 'snow' && random() < 0.02) || (scene.weather === 'rain' && random() < 0.01)
    for (let c = 0; c < 3; c++) {
      const lit = Math.min(1, lights[3 * i + c]! + halo * shine[i]!) ** 0.6
      rgb[3 * i + c] = toByte((falls ? lit * 0.5 + 0.4 * Math.sqrt(scene.light) : lit) + dark * grain() * 0.5)
    }
    const rimmed = warm[i]! + halo * (warm[i]! - around[i]!)
    const flat = 0.4 + (rimmed - 0.4) * (1 - 0.8 * flatness)
    ir[i] = toByte(flat + stripes[i % size]! + 0.03 * noise * grain())
  }
  return { rgb, ir, labels, boxes: boxesOf(scene, seen, size), scene }
}

/** Boxes around what is seen of every object, at least three pixels wide and high. */
function boxesOf({ shapes }: BenchmarkScene, seen: Int16Array, size: number): BenchmarkBox[] {
  const extents = new Map<
    number,
    { class: MsrsClass; left: number; top: number; right: number; bottom: number }
  >()
  for (let i = 0; i < seen.length; i++) {
    const shape = seen[i]! < 0 ? undefined : shapes[seen[i]!]
    if (shape?.object === undefined) continue
    const [x, y] = [i % size, Math.floor(i / size)]
    const box = extents.get(shape.object) ?? { class: shape.class, left: x, top: y, right: x, bottom: y }
    extents.set(shape.object, {
      ...box,
      left: Math.min(box.left, x),
      right: Math.max(box.right, x),
      bottom: y,
    })
  }
  return [...extents.values()]
    .map(({ class: name, left, top, right, bottom }) => ({
      class: name,
      x: left,
      y: top,
      width: right - left + 1,
      height: bottom - top + 1,
    }))
    .filter(({ width, height }) => width >= 3 && height >= 3)
}
