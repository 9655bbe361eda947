import { Piscina } from 'piscina'
import type { ThermalRange } from '../thermal-range'
import { workerCount } from '../worker-count'
import { workerFile } from '../worker-file'
import { inOrder } from './in-order'
import type { Inspection, InspectionProblem, InspectTask } from './inspect'
import { type JournalEntry, openJournal } from './journal'
import type { SourceSample, Sources } from './list-sources'

/** Changes whenever an inspection says something new. */
const inspectionVersion = 2

export interface InspectAllOptions {
  readonly thermalRange?: ThermalRange
  readonly thumbnail?: number
  readonly workers?: number
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Looks at every sample in worker threads, a few ahead of what is written; what an earlier build found out of
 * unchanged files is taken from its journal.
 * @param work Folder of the journal.
 */
export async function inspectAll(
  sources: Sources,
  total: number,
  work: string,
  { thermalRange, thumbnail = 48, onProgress, ...options }: InspectAllOptions,
): Promise<{ readonly journal: string; readonly recalled: number }> {
  const workers = workerCount(options.workers, total)
  const journal = await openJournal(work, JSON.stringify({ inspectionVersion, thumbnail, thermalRange }))
  const pool = new Piscina<InspectTask, Inspection | InspectionProblem>({
    filename: workerFile('inspect-worker'),
    minThreads: workers,
    maxThreads: workers,
  })
  let [recalled, done] = [0, 0]

  const taskOf = (sample: SourceSample): InspectTask => {
    const image = (modality: 'vi' | 'ir') => {
      const file = sources.fileOf(sample, modality)
      const { channels, border } = sample.sample[modality] ?? {}
      return file === undefined ? undefined : { file, channels, border, thermalRange }
    }
    return { vi: image('vi'), ir: image('ir'), thumbnail }
  }
  // The journal is asked in listing order, one sample at a time.
  let asked: Promise<JournalEntry | undefined> = Promise.resolve(undefined)
  const entryOf = async (sample: SourceSample): Promise<JournalEntry> => {
    const state = sources.stateOf(sample)
    asked = asked.then(() => journal.recall(sample.id, state))
    const known = await asked
    if (known) recalled++
    return { ...sample, state, result: known?.result ?? (await pool.run(taskOf(sample))) }
  }
  try {
    for await (const entry of inOrder(sources.samples(), 4 * workers, entryOf)) {
      await journal.record(entry)
      done++
      onProgress?.(done, total)
    }
  } finally {
    await journal.close()
    await pool.destroy()
  }
  return { journal: journal.file, recalled }
}
