import type { BackupContent } from '@rollcall/server'
import { count } from '../output/count.ts'

/** Says how much a backup contains, and from when it is. */
export function contentLine({ agents, alive, revision, lastChangeMs }: BackupContent): string {
  const when =
    lastChangeMs === null ? 'never used' : `last change ${new Date(lastChangeMs).toISOString()}`
  return `${count(agents)} agents (${count(alive)} alive) at revision ${count(revision)}, ${when}`
}
