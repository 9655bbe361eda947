import { existsSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { writeJsonLines } from '../manifest/json-lines'
import { lockFolder } from '../output/folder-lock'
import { makeFolder } from '../output/make-folder'
import { checkOwnFolder } from '../output/own-files'
import { randomStream } from '../random'
import { renderBenchmark, type SensorOptions } from './benchmark-render'
import { msrsClasses } from './scene-types'

export interface WriteBenchmarkOptions extends SensorOptions {
  readonly sequences: number
  /** Frames of each. Default 8. */
  readonly frames?: number
  /** Side in pixels. Default 224. */
  readonly size?: number
  /** Default 7. */
  readonly seed?: number
  /** Share of the sequences whose infrared camera is out of place. Default 0. */
  readonly misaligned?: number
  /** Largest offset of those in pixels, drawn evenly from a quarter of it on. Default a tenth of the size. */
  readonly offset?: number
}

/** A line of `truth.jsonl`. */
export interface BenchmarkTruth {
  readonly stem: string
  readonly sequence: string
  readonly frame: number
  readonly scene: string
  readonly weather: string
  readonly time: 'day' | 'night'
  /** How far the scene lies right and down in infrared, in pixels. */
  readonly dx: number
  readonly dy: number
}

/** A frame's planes of floats are in memory together. */
const largestSide = 4096

/** Frames of four files each; far above any use, far below what fills a disk without end. */
const mostFrames = 1e6

/** @throws Error naming the option that no set can have. */
function checkExtent({ sequences, frames = 8, size = 224 }: WriteBenchmarkOptions): void {
  const within = (name: string, value: number, least: number, most: number) => {
    if (!(Number.isInteger(value) && value >= least && value <= most))
      throw new Error(`${name} ${value}: a whole number from ${least} to ${most} is wanted`)
  }
  within('size', size, 16, largestSide)
  within('sequences', sequences, 1, mostFrames)
  within('frames', frames, 1, mostFrames)
  if (sequences * frames > mostFrames)
    throw new Error(
      `sequences ${sequences} of frames ${frames} are ${sequences * frames} frames, in four files each: at most ${mostFrames} are written`,
    )
}

const kinds: readonly string[] = ['vi', 'ir', 'labels', 'boxes']
const texts: readonly string[] = ['classes.txt', 'truth.jsonl']
const frameName = /^[a-z-]+-\d{5,}_\d{4,}[DN]\.(png|txt)$/

/** Frames of an earlier set go: those of other options would be taken for part of this one. */
async function clearSet(folder: string): Promise<void> {
  for (const kind of kinds) {
    const path = join(folder, kind)
    if (!existsSync(path)) continue
    for (const name of await readdir(path)) if (frameName.test(name)) await rm(join(path, name))
  }
}

/**
 * Writes the synthetic benchmark: `vi/`, `ir/`, `labels/` (class ids of MSRS), `boxes/` (YOLO), `classes.txt` and
 * `truth.jsonl`. The same options give the same files. Ten scene types, five weathers and both hours take turns. An
 * earlier set in the folder is replaced. What stops half-way leaves `.lock`, which builds and loaders refuse.
 * @throws Error where the side is no number of pixels, frames are none or more than a million, the folder holds anything else, or another process writes there.
 */
export async function writeBenchmark(folder: string, options: WriteBenchmarkOptions): Promise<void> {
  checkExtent(options)
  const what = 'the files of univ-mvip synthetic'
  checkOwnFolder(folder, what, (name) => [...kinds, ...texts].includes(name))
  for (const kind of kinds) checkOwnFolder(join(folder, kind), what, (name) => frameName.test(name))
  const unlock = await lockFolder(folder)
  let finished = false
  try {
    await clearSet(folder)
    await writeSet(folder, options)
    finished = true
  } finally {
    await unlock(finished)
  }
}

async function writeSet(folder: string, options: WriteBenchmarkOptions): Promise<void> {
  const {
    sequences,
    frames = 8,
    size = 224,
    seed = 7,
    misaligned = 0,
    offset = size / 10,
    ...sensor
  } = options
  for (const kind of kinds) makeFolder(join(folder, kind))
  await writeFile(join(folder, 'classes.txt'), `${msrsClasses.join('\n')}\n`)
  const truth = await writeJsonLines(join(folder, 'truth.jsonl'))
  const grey = { raw: { width: size, height: size, channels: 1 as const } }
  for (let sequence = 0; sequence < sequences; sequence++) {
    const random = randomStream('benchmark offset', seed, sequence)
    const apart = random() < misaligned
    const [angle, length] = [2 * Math.PI * random(), offset * (0.25 + 0.75 * random())]
    const place = apart
      ? { dx: Math.round(length * Math.cos(angle)), dy: Math.round(length * Math.sin(angle)) }
      : { dx: 0, dy: 0 }
    for (let frame = 0; frame < frames; frame++) {
      const { rgb, ir, labels, boxes, scene } = renderBenchmark({
        ...sensor,
        seed,
        sequence,
        frame,
        size,
        misalignment: place,
      })
      const name = `${scene.type}-${String(sequence).padStart(5, '0')}`
      const stem = `${name}_${String(frame).padStart(4, '0')}${scene.night ? 'N' : 'D'}`
      const lines = boxes.map(({ class: of, x, y, width, height }) =>
        [
          msrsClasses.indexOf(of),
          ...[x + width / 2, y + height / 2, width, height].map((v) => (v / size).toFixed(6)),
        ].join(' '),
      )
      const png = (kind: string, bytes: Uint8Array) =>
        sharp(bytes, grey)
          .toColourspace('b-w')
          .png()
          .toFile(join(folder, kind, `${stem}.png`))
      await Promise.all([
        sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
          .png()
          .toFile(join(folder, 'vi', `${stem}.png`)),
        png('ir', ir),
        png('labels', labels),
        writeFile(join(folder, 'boxes', `${stem}.txt`), lines.map((line) => `${line}\n`).join('')),
      ])
      const { weather, type, night } = scene
      const line: BenchmarkTruth = {
        stem,
        sequence: name,
        frame,
        scene: type,
        weather,
        time: night ? 'night' : 'day',
        ...place,
      }
      await truth.write(line)
    }
  }
  await truth.close()
}
