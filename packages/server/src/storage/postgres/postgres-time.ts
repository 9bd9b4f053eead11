import type { Clock } from '../../domain/clock.ts'
import type { LeaseTimes } from '../../domain/lease-times.ts'
import type { PostgresPool, Statement } from './postgres-pool.ts'

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

const CATCH_UP: Statement = { name: 'catch_up', text: 'SELECT FROM rollcall.catch_up($1)' }
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
  async heard(row: MomentRow): Promise<Moment> {
    const stallShift = Number(row.stall_shift)
    const stalled = Number(row.stalled ?? 0)
    if (this.#stallShift !== undefined) this.#stalledMs += stallShift - this.#stallShift
    this.#stallShift = stallShift
    if (stalled > 0) {
      await this.#pool.run(this.#statement(CATCH_UP), [await this.now()])
      this.#stallShift += stalled
      this.#stalledMs += stalled
    }
    return new Moment(row)
  }
}
