import { containsPosition } from '../../../domain/branch.ts'
import type { Branch, HistoryPosition } from '../../../domain/history-position.ts'
import type { PostgresDatabase } from '../connections/database.ts'

// Up to the current branch. It may be missing if someone has restored a part of the tables.
const LINE = {
  name: 'branches',
  text: `SELECT r.epoch, r.branch, r.revision, b.id, b.began_at
    FROM rollcall.registry r
      LEFT JOIN rollcall.branches c ON c.id = r.branch
      LEFT JOIN rollcall.branches b ON b.ordinal <= c.ordinal
    ORDER BY b.ordinal`,
}

interface LineRow {
  readonly epoch: string
  readonly branch: string
  readonly revision: string
  readonly id: string | null
  readonly began_at: string
}

/** The end of the history in the database, and the branches that lead to it. */
export type HistoryWithBranches = HistoryPosition & { readonly branches: readonly Branch[] }

/** Reads the line of branches of the history. */
export async function readHistory(database: PostgresDatabase): Promise<HistoryWithBranches> {
  const rows = await database.read<LineRow>(LINE, [], { lane: 'writes' })
  const { epoch, branch, revision } = rows[0] as LineRow
  const branches = rows.flatMap(({ id, began_at: beganAt }) =>
    id === null ? [] : [{ id, beganAt: Number(beganAt) }],
  )
  const line = branches.length > 0 ? branches : [{ id: branch, beganAt: 0 }]
  return { epoch, revision: Number(revision), branches: line }
}

/** The line of branches as a node knows it, and how far the node has read the current one. */
export class BranchLine {
  #branches: readonly Branch[]
  /** The newest revision that a read of this node has shown in the current branch. */
  #read: number

  constructor({ branches, revision }: HistoryWithBranches) {
    this.#branches = branches
    this.#read = revision
  }

  /** Every known branch, oldest first. */
  get branches(): readonly Branch[] {
    return this.#branches
  }

  /** Id of the current branch. */
  get current(): string {
    return (this.#branches.at(-1) as Branch).id
  }

  /** Notes what a read has shown. Returns false if it is not of the current branch. */
  observe({ branch, revision }: { branch: string; revision: number }): boolean {
    if (branch !== this.current) return false
    this.#read = Math.max(this.#read, revision)
    return true
  }

  /**
   * Continues in another branch. Returns false, and does nothing, if the line up to that branch does not
   * contain everything that this node has read.
   */
  continueIn(branches: readonly Branch[]): boolean {
    const last = { branch: this.current, revision: this.#read }
    if (!containsPosition(branches, last)) return false
    this.#branches = branches
    return true
  }
}
