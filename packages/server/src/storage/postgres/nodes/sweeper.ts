import type { SweepOptions } from '../../../domain/agent-registry-repository.ts'
import type { BrakeState } from '../../../domain/expiry-brake.ts'
import type { Transition } from '../../../domain/transition.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { WriteProbe } from '../connections/write-probe.ts'
import { toLapse } from '../transitions/transition-rows.ts'
import { type BrakeRow, toBrakeState } from './brake-state.ts'
import type { MomentRow } from './database-time.ts'
import type { NodeLiveness } from './node-liveness.ts'
import type { PeriodicTasks } from './periodic-tasks.ts'

/** Leases that one sweep expires: 500 took two thirds of the time, and 2000 are no faster a lease. */
const SWEEP_LIMIT = 1000
/** What `rollcall.sweep` takes for "no further sweep". */
const LAST_SWEEP = -1

const SWEEP = {
  name: 'sweep',
  text: 'SELECT * FROM rollcall.sweep($1, $2, $3, $4)',
  // It locks the row of the time, which other nodes need as well.
  timeoutMs: 2000,
}

interface SweepRow extends MomentRow, BrakeRow {
  /** This node is the sweeper. */
  readonly sweeps: boolean
  /** There may be more to do at once. */
  readonly more: boolean
  /** The revision before those of the expired; null: there are none. */
  readonly base: string | null
  /** The branch of their expiries. */
  readonly branch: string | null
  /** The expired agents, a row in JSON on each line. */
  readonly lapsed: string | null
  /** Agents that the brake on mass expiry is to hold back. */
  readonly late_ids: readonly string[] | null
}

/** What a sweep found. */
export interface Swept {
  /** The expired agents. */
  readonly lapses: readonly Transition[]
  /** The branch of the expiries, if there are some. */
  readonly branch: string
  /** Ids of agents that are to be held back. */
  readonly lateIds: readonly string[]
  /** There may be more to do at once. */
  readonly more: boolean
  /** The brake on mass expiry, as it last was on any node; undefined: it is off. */
  readonly brake: BrakeState | undefined
}

const NOTHING = { lapses: [], branch: '', lateIds: [], more: false }

/**
 * Expires leases in the database. One node sweeps for all, as long as it announces that it is running;
 * another takes over within half a second. The announcement and the sweep are one call.
 */
export class Sweeper {
  readonly #database: PostgresDatabase
  readonly #node: string
  readonly #liveness: NodeLiveness
  readonly #tasks: PeriodicTasks
  readonly #probe: Pick<WriteProbe, 'refusal' | 'isBlocked' | 'confirm'>
  #brake: BrakeState | undefined
  #isSweeping = false
  #sweeps = 0

  /**
   * @param options.tasks what the sweeper does besides
   * @param options.probe knows whether writes would wait for locks or replicas
   */
  constructor(options: {
    database: PostgresDatabase
    node: string
    liveness: NodeLiveness
    tasks: PeriodicTasks
    probe: Pick<WriteProbe, 'refusal' | 'isBlocked' | 'confirm'>
  }) {
    this.#database = options.database
    this.#node = options.node
    this.#liveness = options.liveness
    this.#tasks = options.tasks
    this.#probe = options.probe
  }

  /** The brake on mass expiry after the last sweep; undefined: it is off. */
  get brake(): BrakeState | undefined {
    return this.#brake
  }

  /** Sweeps of this node that expired an agent. */
  get sweeps(): number {
    return this.#sweeps
  }

  /**
   * Announces the node and, if it is the sweeper, expires leases that are past their deadline. Does nothing
   * while another call is in flight, while the node is held, or when the announcement is not due.
   */
  async sweep(options: SweepOptions): Promise<Swept> {
    const { limit = SWEEP_LIMIT, nextSweepMs } = options
    const isLast = nextSweepMs === Number.POSITIVE_INFINITY
    const isEarly = nextSweepMs !== undefined && (this.#isSweeping || !this.#liveness.isDue)
    if ((isEarly || this.#liveness.isHeld) && !isLast) return { ...NOTHING, brake: this.#brake }
    this.#isSweeping = true
    try {
      const next = isLast ? LAST_SWEEP : (nextSweepMs ?? null)
      // While expiries cannot be written, the announcement does not wait for them.
      const values = [this.#node, next, this.#probe.isBlocked ? 0 : limit]
      const { row, moment } = await this.#database.queryWithClock<SweepRow>(SWEEP, values)
      this.#liveness.announced(row.sweeps)
      if (row.sweeps && this.#probe.refusal === undefined) this.#tasks.startDue()
      this.#brake = toBrakeState(row, moment)
      const { more, late_ids: lateIds } = row
      const swept = {
        lapses: [],
        branch: row.branch ?? '',
        lateIds: lateIds ?? [],
        more,
        brake: this.#brake,
      }
      if (row.lapsed === null) return swept
      this.#sweeps++
      const first = Number(row.base) + 1
      const rows = row.lapsed.split('\n')
      const lapses = rows.map((text, index) => toLapse(text, { moment, revision: first + index }))
      return { ...swept, lapses }
    } catch (error) {
      await this.#probe.confirm(error)
      throw error
    } finally {
      this.#isSweeping = false
    }
  }
}
