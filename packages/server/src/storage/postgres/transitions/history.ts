import type { HistoryOptions, ReadOptions } from '../../../domain/agent-registry-repository.ts'
import type { Transition } from '../../../domain/transition.ts'
import { DEFAULTS } from '../../../limits/defaults.ts'
import { SharedRead } from '../../../scheduling/shared-read.ts'
import type { HistoryLimits } from '../../history-limit.ts'
import { revisionGone } from '../../revision-gone.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { MomentRow } from '../nodes/database-time.ts'
import { SteadyClock } from '../nodes/steady-clock.ts'
import type { TransitionFollower } from './transition-follower.ts'
import { type TransitionRow, toTransition } from './transition-rows.ts'

/** Transitions removed by one statement. */
const TRIM_LIMIT = 5000

/** The columns of a transition `t` that readers need, in SQL. */
export const TRANSITION_COLUMNS =
  't.revision, t.type, t.agent_id, t.at, t.reason, t.actor, t.agent, t.before, t.moment'
/** The condition to keep a transition: among the last $2, and at most $3 ms older than now, or than $4. */
const KEPT =
  't.revision > r.revision - $2::bigint AND t.at >= least(m.wall, $4::bigint) - $3::bigint'

const BOUNDS = {
  name: 'history_bounds',
  text: `SELECT m.*, r.branch, r.revision, (
      SELECT t.revision FROM rollcall.transitions t WHERE ${KEPT} ORDER BY t.revision LIMIT 1
    ) AS oldest
    FROM rollcall.moment($1) m, rollcall.registry r`,
}
const SINCE = {
  name: 'history_since',
  text: `SELECT ${TRANSITION_COLUMNS} FROM rollcall.transitions t
    WHERE t.revision > $1 AND t.revision >= $2 AND t.revision <= $3 ORDER BY t.revision LIMIT $4`,
}
const OF_AGENT = {
  name: 'history_of',
  text: `SELECT ${TRANSITION_COLUMNS} FROM rollcall.transitions t
    WHERE t.agent_id = $1 AND t.revision < $2 AND t.revision >= $3
    ORDER BY t.revision DESC LIMIT $4`,
}
// The word index reads changes from the history, so it must be updated first.
const TRIM = {
  name: 'history_trim',
  text: `DELETE FROM rollcall.transitions WHERE revision IN (
      SELECT revision FROM rollcall.transitions
      WHERE revision < least($1, (SELECT i.revision FROM rollcall.indexing i))
      ORDER BY revision LIMIT ${TRIM_LIMIT} FOR UPDATE SKIP LOCKED
    ) RETURNING 1`,
}

interface BoundsRow extends MomentRow {
  readonly branch: string
  readonly revision: string
  readonly oldest: string | null
}

/** The part of the history that is kept. */
interface Bounds {
  readonly branch: string
  /** Of the last transition. */
  readonly revision: number
  /** Revision of the first transition that is kept. */
  readonly oldest: number
}

type CurrentReader = Pick<TransitionFollower, 'readCurrent'>

/** The transitions that the database keeps. */
export class PostgresHistory {
  readonly #database: PostgresDatabase
  readonly #limit: number
  readonly #maxAgeMs: number
  readonly #clock = new SteadyClock()
  readonly #kept: SharedRead<Bounds>

  constructor(database: PostgresDatabase, follower: CurrentReader, limits: HistoryLimits) {
    const { historyMaxAgeSeconds = DEFAULTS.historyMaxAgeSeconds } = limits
    this.#database = database
    this.#limit = limits.historyLimit ?? DEFAULTS.historyLimit
    this.#maxAgeMs = historyMaxAgeSeconds * 1000
    this.#kept = new SharedRead<Bounds>((signal) =>
      follower.readCurrent(() => this.#bounds({ lane: 'reads', signal })),
    )
  }

  /** See `AgentRegistryRepository.eventsSince`. */
  async since(
    revision: number,
    limit: number,
    { signal }: ReadOptions = {},
  ): Promise<readonly Transition[]> {
    const { revision: newest, oldest } = await this.#kept.get(signal)
    if (revision < oldest - 1 || revision > newest) {
      throw revisionGone(revision, { oldest, newest })
    }
    const values = [revision, oldest, newest, limit]
    const rows = await this.#database.read<TransitionRow>(SINCE, values, { isLong: true, signal })
    return rows.map(toTransition)
  }

  /** See `AgentRegistryRepository.historyOf`. */
  async of(agentId: string, options: HistoryOptions): Promise<readonly Transition[]> {
    const { limit = 100, before = Number.MAX_SAFE_INTEGER, signal } = options
    const { oldest } = await this.#kept.get(signal)
    const values = [agentId, before, oldest, limit]
    const rows = await this.#database.read<TransitionRow>(OF_AGENT, values, {
      isLong: true,
      signal,
    })
    return rows.map(toTransition).reverse()
  }

  /**
   * Removes some transitions that are no longer kept; by age only while the clock can be trusted. Returns
   * whether there are more.
   */
  async trim(): Promise<boolean> {
    const { wall } = await this.#database.moment({ lane: 'writes' })
    const isTrusted = this.#clock.observe(wall, this.#database.monotonicMs())
    const { oldest } = await this.#bounds({ lane: 'writes', agesBeforeMs: isTrusted ? wall : 0 })
    const removed = await this.#database.write(TRIM, [oldest])
    return removed.length === TRIM_LIMIT
  }

  async #bounds({
    agesBeforeMs = null,
    ...options
  }: {
    lane: 'reads' | 'writes'
    signal?: AbortSignal | undefined
    /** Unix time; default: now, by the clock of the database. */
    agesBeforeMs?: number | null
  }): Promise<Bounds> {
    const values = [this.#limit, this.#maxAgeMs, agesBeforeMs]
    const { row } = await this.#database.queryWithClock<BoundsRow>(BOUNDS, values, options)
    const revision = Number(row.revision)
    const oldest = row.oldest === null ? revision + 1 : Number(row.oldest)
    return { branch: row.branch, revision, oldest }
  }
}
