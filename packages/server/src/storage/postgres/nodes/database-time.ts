import type { Clock } from '../../../domain/clock.ts'
import type { LeaseTimes } from '../../../domain/lease-views.ts'
import type { PostgresPool } from '../connections/pool.ts'
import type { Statement } from '../connections/statement-run.ts'

/** A moment as the statements of the store tell of it; `bigint` arrives as text. */
export interface MomentRow {
  readonly wall: string
  readonly beat: string
  readonly lease: string
  readonly stall_shift: string
  /** Milliseconds for which nobody has listened, and which nobody has noted yet. */
  readonly stalled?: string
}

/**
 * One moment on the three scales of the database:
 *
 * - wall: Unix time, by the clock of the database;
 * - beat: the same without the steps backwards that this clock made, so that it never runs back;
 *   heartbeats are noted on it (`last_beat`);
 * - lease: the same without the time in which no node of the fleet was listening; deadlines are
 *   points on it, so to move one number (`stall_shift`) extends every lease.
 */
export class Moment implements LeaseTimes {
  readonly wall: number
  readonly beat: number
  readonly lease: number

  constructor({ wall, beat, lease }: Pick<MomentRow, 'wall' | 'beat' | 'lease'>) {
    this.wall = Number(wall)
    this.beat = Number(beat)
    this.lease = Number(lease)
  }

  now(): number {
    return this.lease
  }

  toBeat(leaseTime: number): number {
    return leaseTime - this.lease + this.beat
  }

  beatToWall(beat: number): number {
    return beat - this.beat + this.wall
  }

  deadlineToWall(deadline: number): number {
    return deadline - this.lease + this.wall
  }
}

// Whoever holds the row of the time is not waited for: until somebody notes it, time stands still,
// so the answer of a heartbeat is right without it.
const CATCH_UP: Statement = {
  name: 'try_catch_up',
  text: 'SELECT rollcall.try_catch_up($1) AS noted',
}
const STEP: Statement = { name: 'step', text: 'SELECT rollcall.step_clock($1)' }
/** Steps of a given clock below this are noise. */
const STEP_MS = 100

/** Where a node takes the time from: the database, or a clock that was given instead. */
export class PostgresTime {
  readonly #pool: PostgresPool
  readonly #clock: Clock | undefined
  readonly #statement: (statement: Statement) => Statement
  /** Unix time of the given clock less its monotonic time, when it was last asked. */
  #wallOffset: number | undefined
  #stallShift: number | undefined
  #stalledMs = 0
  #catchingUp: Promise<boolean> | undefined

  /** @param options.statement gives a statement the name of the schema */
  constructor(options: {
    pool: PostgresPool
    clock: Clock | undefined
    statement: (statement: Statement) => Statement
  }) {
    this.#pool = options.pool
    this.#clock = options.clock
    this.#statement = options.statement
  }

  /** Milliseconds that leases were extended by since this was made. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Milliseconds of a clock without steps. */
  monotonicMs(): number {
    return this.#clock?.monotonicMs() ?? performance.now()
  }

  /** What statements take for the time: null for the clock of the database. */
  async now(): Promise<number | null> {
    if (this.#clock === undefined) return null
    const wall = Math.floor(this.#clock.wallMs())
    const offset = wall - Math.floor(this.#clock.monotonicMs())
    const step = offset - (this.#wallOffset ?? offset)
    if (this.#wallOffset === undefined) this.#wallOffset = offset
    if (Math.abs(step) > STEP_MS) {
      this.#wallOffset = offset
      // The database has no clock that is free of steps; it notices those backwards by itself.
      await this.#pool.run(this.#statement(STEP), [step])
    }
    return wall
  }

  /** Takes note of the moment at which a statement ran. */
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

  /** Notes that nobody has listened for a while. Returns whether this call has. */
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
        // The next statement tries again.
        () => false,
      )
      .finally(() => {
        this.#catchingUp = undefined
      })
    return this.#catchingUp
  }
}
