import type { EventBus, HistoryPosition } from '../../../domain/event-bus.ts'
import type { Transition } from '../../../domain/transition.ts'
import { newEpoch } from '../../epoch.ts'
import { TransitionListeners } from '../../transition-listeners.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { PostgresNotifications } from '../connections/notifications.ts'
import { type TransitionRow, toTransition } from '../rows.ts'
import { channelOf } from '../schema/schema-name.ts'

/** Transitions read at once. */
const PAGE = 500
/** Milliseconds between two looks that nobody asked for: a notification may have been lost. */
const POLL_MS = 1000
/**
 * Milliseconds from a notification to the look for what it tells of: much of it this node wrote
 * itself, and hears of in this time without reading it.
 */
const NOTIFIED_MS = 5
/** Milliseconds that a writer waits for its own transitions to be told of here. */
const WAIT_TIMEOUT_MS = 1000

/** Registrations wait for what this hears: not on the connections that lists can occupy. */
const WRITES = { lane: 'writes' } as const
const SINCE = {
  name: 'follow',
  text: `SELECT r.revision AS newest, r.epoch, t.*
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT revision, type, agent_id, at, reason, agent, before, moment FROM rollcall.transitions
      WHERE revision > $1 ORDER BY revision LIMIT ${PAGE}
    ) t ON true`,
}
const AT = {
  name: 'follow_at',
  text: 'SELECT agent_id, at FROM rollcall.transitions WHERE revision = $1',
}
const NEW_EPOCH = {
  name: 'new_epoch',
  text: 'UPDATE rollcall.registry SET epoch = $2 WHERE epoch = $1',
}

/**
 * Follows the transitions of all nodes, in order, each once. Notifications wake it, polls cover for
 * those that are lost, and what this node wrote itself it does not read again.
 */
export class TransitionFollower {
  readonly #database: PostgresDatabase
  readonly #listeners = new TransitionListeners()
  /** Written by this node and not told of yet, by the revision before them. */
  readonly #own = new Map<number, readonly Transition[]>()
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>()
  readonly #poll: NodeJS.Timeout
  #epoch: string
  #position: number
  /** What was told last. */
  #last: Transition | undefined
  /** Whether that is still what the database has: it may be another since a connection broke. */
  #isSame = true
  #reading: Promise<void> | undefined
  #again = false
  #closed = false
  /** The newest revision that a notification told of. */
  #notifiedOf = 0
  #look: NodeJS.Timeout | undefined

  /** @param options.from the position that all readers have already */
  constructor(options: {
    database: PostgresDatabase
    notifications: PostgresNotifications
    from: HistoryPosition
  }) {
    const { database, notifications, from } = options
    this.#database = database
    this.#epoch = from.epoch
    this.#position = from.revision
    notifications.listen(channelOf(database.schema), {
      notified: (payload) => this.#notified(Number(payload)),
      // What came before the channel was open.
      connected: () => this.#wake(),
      lost: () => {
        this.#isSame = false
      },
    })
    this.#poll = setInterval(() => this.#wake(), POLL_MS).unref()
    this.#wake()
  }

  /** Of the last transition that this node has heard of. */
  get revision(): number {
    return this.#position
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#listeners.subscribe(...listener)
  }

  /** Takes what this node has written; resolves once everybody here has heard of it. */
  async written(transitions: readonly Transition[]): Promise<void> {
    const before = (transitions[0]?.revision ?? 1) - 1
    const revision = before + transitions.length
    if (revision <= this.#position) return
    this.#own.set(before, transitions)
    this.#tellOwn()
    if (revision <= this.#position) return
    this.#wake()
    await new Promise<void>((resolve) => {
      const entry = { revision, resolve }
      this.#waiting.add(entry)
      setTimeout(() => {
        this.#waiting.delete(entry)
        resolve()
      }, WAIT_TIMEOUT_MS).unref()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#poll)
    clearTimeout(this.#look)
    await this.#reading
    for (const { resolve } of this.#waiting) resolve()
  }

  #notified(revision: number): void {
    this.#notifiedOf = Math.max(this.#notifiedOf, revision)
    this.#look ??= setTimeout(() => {
      this.#look = undefined
      if (this.#notifiedOf > this.#position) this.#wake()
    }, NOTIFIED_MS)
  }

  #wake(): void {
    if (this.#closed) return
    this.#again = true
    this.#reading ??= this.#read()
      // The database is away; the poll tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#reading = undefined
      })
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      if (!this.#isSame) await this.#compare()
      // What this node writes meanwhile is told of, and is not in the answer.
      const from = this.#position
      const rows = await this.#database.read<FollowedRow>(SINCE, [from], WRITES)
      const { newest, epoch } = rows[0] as FollowedRow
      if (epoch !== this.#epoch) this.#beginAnew({ epoch, revision: Number(newest) })
      else if (Number(newest) < from) await this.#declareLost()
      const told = rows.filter(({ revision }) => Number(revision) > this.#position)
      this.#tell(told.map(toTransition))
      this.#tellOwn()
      if (rows.length === PAGE) this.#again = true
    }
  }

  /** After a failover, the database may have lost what was told last, and made up for it. */
  async #compare(): Promise<void> {
    const last = this.#last
    if (last !== undefined) {
      const [found] = await this.#database.read<TransitionRow>(AT, [last.revision], WRITES)
      const isOther = found && (found.agent_id !== last.agentId || Number(found.at) !== last.atMs)
      if (isOther) await this.#declareLost()
    }
    this.#isSame = true
  }

  /** Revisions of a history that has lost its end say nothing: a new one begins. */
  async #declareLost(): Promise<void> {
    // One node does; the others find that it was done.
    await this.#database.write(NEW_EPOCH, [this.#epoch, newEpoch()])
    this.#again = true
  }

  #beginAnew(history: HistoryPosition): void {
    this.#epoch = history.epoch
    this.#position = history.revision
    this.#last = undefined
    this.#own.clear()
    this.#listeners.notifyReplaced(history)
    this.#release()
  }

  /** What this node wrote, as far as it is next. */
  #tellOwn(): void {
    for (;;) {
      const own = this.#own.get(this.#position)
      if (own === undefined) break
      this.#own.delete(this.#position)
      this.#tell(own)
    }
    // Read from the database meanwhile.
    for (const before of this.#own.keys()) if (before < this.#position) this.#own.delete(before)
  }

  #tell(transitions: readonly Transition[]): void {
    const last = transitions.at(-1)
    if (last === undefined) return
    this.#position = last.revision
    this.#last = last
    this.#listeners.notify(transitions)
    this.#release()
  }

  /** Lets those go on whose transitions have been told of. */
  #release(): void {
    for (const entry of this.#waiting) {
      if (entry.revision > this.#position) continue
      this.#waiting.delete(entry)
      entry.resolve()
    }
  }
}

type FollowedRow = TransitionRow & { readonly newest: string; readonly epoch: string }
