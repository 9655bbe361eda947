import type { Tile } from '@univ/report'
import type { Alignment } from '../alignment'
import { percent, points } from './figures'

/** What counts, in three figures. */
export function alignmentTiles({ student, teacher }: Alignment): Tile[] {
  const tile = (name: string, pick: (scores: typeof student) => number, otherwise: string): Tile => ({
    name,
    value: percent(pick(student)),
    note: teacher ? `before ${percent(pick(teacher))}, ${points(pick(student) - pick(teacher))}` : otherwise,
  })
  return [
    tile(
      'RGB probe on infrared',
      (s) => s.probe.ir,
      `most frequent class ${percent(student.probe.majority)}`,
    ),
    tile(
      'Shifted retrieval, IR → RGB',
      (s) => s.shiftedRetrieval.irToRgb.top1,
      'nearest patch is the right one',
    ),
    tile('RGB probe on RGB', (s) => s.probe.rgb, `most frequent class ${percent(student.probe.majority)}`),
  ]
}

/** Sentences about figures that mislead when they are read alone. */
export function alignmentFindings({
  student,
  teacher,
  grid,
  shift,
}: Pick<Alignment, 'student' | 'teacher' | 'grid' | 'shift'>): string[] {
  const found: string[] = []
  const [plain, shifted] = [student.retrieval.irToRgb.top1, student.shiftedRetrieval.irToRgb.top1]
  const moved = Math.max(shift.rows, shift.columns) > 0
  const guessed = 1 / (grid[0] * grid[1])
  const level = shifted < 2 * guessed ? `, the level of guessing (${percent(guessed)}),` : ''
  if (moved && plain > 4 * Math.max(shifted, guessed))
    found.push(
      `Retrieval finds ${percent(plain)} of the patches in the same view but ${percent(shifted)}${level} once the views are shifted by ${shift.rows} and ${shift.columns} patches: these features tell where a patch is more than what it shows.`,
    )
  if (student.probe.ir < student.probe.position)
    found.push(
      `The probe on infrared (${percent(student.probe.ir)}) is below what the patch's place alone gives (${percent(student.probe.position)}).`,
    )
  if (teacher && teacher.probe.rgb - student.probe.rgb > 0.05)
    found.push(
      `On RGB the probe lost ${points(teacher.probe.rgb - student.probe.rgb).slice(1)} against the teacher.`,
    )
  return found
}
