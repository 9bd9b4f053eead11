import type { Clock } from '../../../domain/clock.ts'
import type { LeaseTimes } from '../../../domain/lease-views.ts'
import {
  type BeatTime,
  beatTime,
  type LeaseTime,
  later,
  leaseTime,
} from '../../../domain/time-scales.ts'
import type { PostgresPool } from '../connections/pool.ts'
import type { Statement } from '../connections/statement-run.ts'

/** A moment as statements return it; `bigint` arrives as text. */
export interface MomentRow {
  readonly wall: string
  readonly beat: string
  readonly lease: string
  readonly stall_shift: string
  /** Milliseconds for which no node was listening, not recorded yet. */
  readonly stalled?: string
}

/**
 * One moment on the three time scales of the database:
 *
 * - wall: Unix time, by the clock of the database;
 * - beat: the same without backward steps of that clock, so it never decreases; heartbeats are recorded
 *   on it (`last_beat`);
 * - lease: the same without the time in which no node was listening; deadlines are recorded on it, so
 *   changing one number (`stall_shift`) extends all leases.
 */
export class Moment implements LeaseTimes {
  readonly wall: number
  readonly beat: BeatTime
  readonly lease: LeaseTime

  constructor({ wall, beat, lease }: Pick<MomentRow, 'wall' | 'beat' | 'lease'>) {
    this.wall = Number(wall)
    this.beat = beatTime(Number(beat))
    this.lease = leaseTime(Number(lease))
  }

  now(): LeaseTime {
    return this.lease
  }

  toBeat(time: LeaseTime): BeatTime {
    return later(this.beat, time - this.lease)
  }

  beatToWall(beat: BeatTime): number {
    return beat - this.beat + this.wall
  }

  deadlineToWall(deadline: LeaseTime): number {
    return deadline - this.lease + this.wall
  }
}

// Does not wait for the lock on the time row: lease time stands still until the stall is recorded, so the
// response to a heartbeat is correct without it.
const CATCH_UP: Statement = {
  name: 'try_catch_up',
  text: 'SELECT rollcall.try_catch_up($1) AS noted',
}
const STEP: Statement = { name: 'step', text: 'SELECT rollcall.step_clock($1)' }
/** Smaller steps of an injected clock are noise. */
const STEP_MS = 100

/** The time source of a node: the database, or an injected clock. */
export class PostgresTime {
  readonly #pool: PostgresPool
  readonly #clock: Clock | undefined
  readonly #statement: (statement: Statement) => Statement
  /** Unix time minus monotonic time of the injected clock, at the last read. */
  #wallOffset: number | undefined
  #stallShift: number | undefined
  #stalledMs = 0
  #catchingUp: Promise<boolean> | undefined

  /** @param options.statement qualifies a statement with the schema name */
  constructor(options: {
    pool: PostgresPool
    clock: Clock | undefined
    statement: (statement: Statement) => Statement
  }) {
    this.#pool = options.pool
    this.#clock = options.clock
    this.#statement = options.statement
  }

  /** Milliseconds by which leases were extended since this was created. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Returns monotonic time in milliseconds. */
  monotonicMs(): number {
    return this.#clock?.monotonicMs() ?? performance.now()
  }

  /** Returns the time parameter of statements: null for the clock of the database. */
  async now(): Promise<number | null> {
    if (this.#clock === undefined) return null
    const wall = Math.floor(this.#clock.wallMs())
    const offset = wall - Math.floor(this.#clock.monotonicMs())
    const step = offset - (this.#wallOffset ?? offset)
    if (this.#wallOffset === undefined) this.#wallOffset = offset
    if (Math.abs(step) > STEP_MS) {
      this.#wallOffset = offset
      // The database has no monotonic clock; it detects backward steps by itself.
      await this.#pool.run(this.#statement(STEP), [step])
    }
    return wall
  }

  /** Records the moment at which a statement ran, and any stall that it reports. */
  async observe(row: MomentRow): Promise<Moment> {
    const stallShift = Number(row.stall_shift)
    const stalled = Number(row.stalled ?? 0)
    if (this.#stallShift !== undefined) this.#stalledMs += stallShift - this.#stallShift
    this.#stallShift = stallShift
    if (stalled > 0 && (await this.#catchUp())) {
      this.#stallShift += stalled
      this.#stalledMs += stalled
    }
    return new Moment(row)
  }

  /** Records that no node was listening for a while. Returns whether this call recorded it. */
  async #catchUp(): Promise<boolean> {
    const now = await this.now()
    if (this.#catchingUp !== undefined) {
      await this.#catchingUp
      return false
    }
    this.#catchingUp = this.#pool
      .run<{ noted: boolean }>(this.#statement(CATCH_UP), [now])
      .then(
        ([row]) => row?.noted ?? false,
        // The next statement retries.
        () => false,
      )
      .finally(() => {
        this.#catchingUp = undefined
      })
    return this.#catchingUp
  }
}
