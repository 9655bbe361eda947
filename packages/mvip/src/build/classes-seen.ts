import { numberedKinds } from '../layouts/layout'
import type { DatasetHeader, ManifestRecord } from '../manifest/record'
import type { SourceRoot } from './list-sources'

type Classes = NonNullable<DatasetHeader['roots'][number]['classes']>

/**
 * Gathers the class names of what records point to: ids in label maps and YOLO's numbers mean nothing without them, and the
 * source's `classes.txt` may be gone when the dataset is used.
 */
export function classesSeen(roots: readonly SourceRoot[]): {
  see(record: Pick<ManifestRecord, 'root' | 'annotations'>): void
  /** Names by kind; null where the source does not tell them. */
  of(root: number): Classes
} {
  const seen: Classes[] = roots.map(() => ({}))
  return {
    see({ root, annotations }) {
      for (const kind of numberedKinds) {
        if (kind in seen[root]!) continue
        const first = annotations.find((annotation) => annotation.kind === kind)
        if (!first) continue
        const names = roots[root]!.classes(kind, first.path)
        seen[root]![kind] = names ? [...names] : null
      }
    },
    of: (root) => seen[root]!,
  }
}
