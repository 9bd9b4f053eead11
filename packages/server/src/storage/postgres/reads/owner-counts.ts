import type { OwnerCounts } from '../../../domain/owner-counts.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { TransitionFollower } from '../transitions/transition-follower.ts'

/** One statement, so that the counts and their revision are of one snapshot. */
const COUNT_BY_OWNER = {
  name: 'count_by_owner',
  text: `SELECT r.branch, r.revision, o.owner, o.count
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT a.owner, count(*) AS count
      FROM rollcall.agents a WHERE a.owner IS NOT NULL GROUP BY a.owner
    ) o ON true`,
  timeoutMs: SERVER_LIMITS.postgresListMs.value,
}

/** See `AgentRegistryRepository.countByOwner`. */
export async function countByOwner(
  database: PostgresDatabase,
  follower: Pick<TransitionFollower, 'readCurrent'>,
): Promise<OwnerCounts> {
  const { revision, byOwner } = await follower.readCurrent(() => readCounts(database))
  return { revision, byOwner }
}

async function readCounts(database: PostgresDatabase) {
  const rows = await database.read<OwnerRow>(COUNT_BY_OWNER, [], { isLong: true })
  const { branch, revision } = rows[0] as OwnerRow
  const byOwner = new Map<string, number>()
  for (const { owner, count } of rows) if (owner !== null) byOwner.set(owner, Number(count))
  return { branch, revision: Number(revision), byOwner }
}

interface OwnerRow {
  readonly branch: string
  readonly revision: string
  readonly owner: string | null
  readonly count: string | null
}
