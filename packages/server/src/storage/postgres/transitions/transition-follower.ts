import type { EventBus } from '../../../domain/event-bus.ts'
import type { Branch } from '../../../domain/history-position.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { Transition } from '../../../domain/transition.ts'
import { SingleFlight } from '../../../scheduling/single-flight.ts'
import { TransitionListeners } from '../../transition-listeners.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { reasonOf } from '../connections/errors.ts'
import type { PostgresNotifications } from '../connections/notifications.ts'
import { channelOf } from '../schema/schema-name.ts'
import { BranchLine, type HistoryWithBranches, readHistory } from './branch-line.ts'
import { type TransitionRow, toTransition } from './transition-rows.ts'

/** Transitions per read. */
const PAGE = 500
/** Milliseconds between two polls, which cover lost notifications. */
const POLL_MS = 1000
/**
 * Milliseconds from a notification to the read: in this time the node delivers what it wrote itself, which
 * often makes the read unnecessary.
 */
const READ_DELAY_MS = 5
/** Milliseconds that a writer waits for the delivery of its own transitions. */
const WAIT_TIMEOUT_MS = 1000

/** Registrations wait for these reads, so they must not use the connections that lists can occupy. */
const WRITES = { lane: 'writes' } as const
const SINCE = {
  name: 'follow',
  text: `SELECT r.revision AS newest, r.branch, t.*
    FROM rollcall.registry r LEFT JOIN LATERAL (
      SELECT revision, type, agent_id, at, reason, actor, agent, before, moment
      FROM rollcall.transitions
      WHERE revision > $1 ORDER BY revision LIMIT ${PAGE}
    ) t ON true`,
}
const AT = {
  name: 'follow_at',
  text: 'SELECT agent_id, at FROM rollcall.transitions WHERE revision = $1',
}
const ABANDON = { name: 'abandon_branch', text: 'SELECT rollcall.abandon_branch($1)' }
/** Attempts of a read in the current branch: while a history is replaced, it may see another one. */
const MAX_READS = 5

/**
 * Delivers the transitions of all nodes, in order, each once. Notifications trigger reads, polls cover lost
 * notifications, and transitions of this node are delivered without reading them.
 */
export class TransitionFollower {
  readonly #database: PostgresDatabase
  readonly #listeners = new TransitionListeners()
  /** Transitions of this node that are not delivered yet, by the revision before them. */
  readonly #own = new Map<number, readonly Transition[]>()
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>()
  readonly #poll: NodeJS.Timeout
  #line: BranchLine
  #position: number
  /** The last delivered transition. */
  #last: Transition | undefined
  /** Whether the database is known to contain it: not after a connection broke, because of failovers. */
  #isVerified = true
  // What fails, the next poll tries again.
  readonly #reads = new SingleFlight(async () => {
    try {
      await this.#read()
      this.#failure = undefined
    } catch (error) {
      this.#failure = error
    }
  })
  /** The error of the last read; undefined: it succeeded. */
  #failure: unknown
  #again = false
  #closed = false
  /** The newest revision announced by a notification. */
  #notifiedRevision = 0
  #readTimer: NodeJS.Timeout | undefined

  /** @param options.from the position to follow from */
  constructor(options: {
    database: PostgresDatabase
    notifications: PostgresNotifications
    from: HistoryWithBranches
  }) {
    const { database, notifications, from } = options
    this.#database = database
    this.#line = new BranchLine(from)
    this.#position = from.revision
    void notifications.listen(channelOf(database.schema), {
      notified: (payload) => this.#notified(Number(payload)),
      // Reads what was written before the channel was open.
      connected: () => this.#wake(),
      lost: () => {
        this.#isVerified = false
      },
    })
    this.#poll = setInterval(() => this.#wake(), POLL_MS).unref()
    this.#wake()
  }

  /** Revision of the last transition delivered on this node. */
  get revision(): number {
    return this.#position
  }

  /**
   * Reads a part of the history outside of the transitions that are delivered, in the branch in which they
   * continue.
   *
   * @param read resolves with the branch that it has seen, and its last revision
   * @returns the result of the read, and the line of branches up to that one, oldest first
   * @throws RegistryError `STORAGE_UNAVAILABLE`
   */
  async readCurrent<Found extends { readonly branch: string; readonly revision: number }>(
    read: () => Promise<Found>,
  ): Promise<Found & { readonly branches: readonly Branch[] }> {
    for (let attempt = 1; attempt <= MAX_READS; attempt++) {
      const found = await read()
      if (this.#line.observe(found)) return { ...found, branches: this.#line.branches }
      this.#wake()
      await this.#reads.settled()
    }
    throw new RegistryError('STORAGE_UNAVAILABLE', 'the history in the database was replaced')
  }

  /** @throws RegistryError `STORAGE_UNAVAILABLE` when reads fail, so that subscribers miss transitions */
  async requireReading(): Promise<void> {
    if (this.#failure === undefined) return
    // One that is in flight may still fail for a reason that is over.
    await this.#reads.settled()
    this.#wake()
    await this.#reads.settled()
    if (this.#failure === undefined) return
    const message = `what other nodes write cannot be read: ${reasonOf(this.#failure)}`
    throw new RegistryError('STORAGE_UNAVAILABLE', message, { cause: this.#failure })
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#listeners.subscribe(...listener)
  }

  /**
   * Delivers transitions that this node has committed, in a branch. Resolves once its subscribers have
   * received them.
   */
  async committed(transitions: readonly Transition[], branch: string): Promise<void> {
    const before = (transitions[0]?.revision ?? 1) - 1
    const revision = before + transitions.length
    // Whether another branch continues what this node has delivered, only the database knows.
    if (branch === this.#line.current) {
      if (revision <= this.#position) return
      this.#own.set(before, transitions)
      this.#deliverOwn()
      if (revision <= this.#position) return
    }
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
    clearTimeout(this.#readTimer)
    await this.#reads.settled()
    for (const { resolve } of this.#waiting) resolve()
  }

  #notified(revision: number): void {
    this.#notifiedRevision = Math.max(this.#notifiedRevision, revision)
    this.#readTimer ??= setTimeout(() => {
      this.#readTimer = undefined
      if (this.#notifiedRevision > this.#position) this.#wake()
    }, READ_DELAY_MS)
  }

  #wake(): void {
    if (this.#closed) return
    this.#again = true
    void this.#reads.run()
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      if (!this.#isVerified) await this.#verifyLast()
      // Transitions that this node writes meanwhile are delivered without this read.
      const from = this.#position
      const rows = await this.#database.read<FollowedRow>(SINCE, [from], WRITES)
      const { newest, branch } = rows[0] as FollowedRow
      if (branch !== this.#line.current) {
        if (!(await this.#continueIn(branch))) continue
      } else if (Number(newest) < from) {
        await this.#abandonBranch()
        continue
      }
      const undelivered = rows.filter(({ revision }) => Number(revision) > this.#position)
      this.#deliver(undelivered.map(toTransition))
      this.#deliverOwn()
      if (rows.length === PAGE) this.#again = true
    }
  }

  /** Checks, after a failover, that the database has not replaced the last delivered transition. */
  async #verifyLast(): Promise<void> {
    const last = this.#last
    if (last !== undefined) {
      const [found] = await this.#database.read<TransitionRow>(AT, [last.revision], WRITES)
      const isOther = found && (found.agent_id !== last.agentId || Number(found.at) !== last.atMs)
      if (isOther) await this.#abandonBranch()
    }
    this.#isVerified = true
  }

  /**
   * Continues in another branch. Returns whether the transitions of a read that has seen this branch are
   * the next ones.
   */
  async #continueIn(branch: string): Promise<boolean> {
    this.#again = true
    const history = await readHistory(this.#database)
    // What this node has written in the old branch is read, if it is still there.
    this.#own.clear()
    if (this.#line.continueIn(history.branches)) return this.#line.current === branch
    this.#resetTo(history)
    return false
  }

  /**
   * Gives up the branch, which has lost its end. Usually the database notices by itself that it was replaced,
   * and the next commit begins another branch.
   */
  async #abandonBranch(): Promise<void> {
    // One node succeeds; the others see the new branch.
    await this.#database.write(ABANDON, [this.#line.current])
    this.#again = true
    this.#resetTo(await readHistory(this.#database))
  }

  /** Continues from the end of a history that does not contain what was delivered. */
  #resetTo(history: HistoryWithBranches): void {
    this.#line = new BranchLine(history)
    this.#position = history.revision
    this.#last = undefined
    this.#own.clear()
    this.#listeners.notifyReplaced(history)
    this.#resolveWaiting()
  }

  /** Delivers the transitions of this node that are next in order. */
  #deliverOwn(): void {
    for (;;) {
      const own = this.#own.get(this.#position)
      if (own === undefined) break
      this.#own.delete(this.#position)
      this.#deliver(own)
    }
    // The rest was read from the database meanwhile.
    for (const before of this.#own.keys()) if (before < this.#position) this.#own.delete(before)
  }

  #deliver(transitions: readonly Transition[]): void {
    const last = transitions.at(-1)
    if (last === undefined) return
    this.#position = last.revision
    this.#last = last
    this.#line.observe({ branch: this.#line.current, revision: last.revision })
    this.#listeners.notify(transitions, this.#line.current)
    this.#resolveWaiting()
  }

  /** Resolves the writers whose transitions have been delivered. */
  #resolveWaiting(): void {
    for (const entry of this.#waiting) {
      if (entry.revision > this.#position) continue
      this.#waiting.delete(entry)
      entry.resolve()
    }
  }
}

type FollowedRow = TransitionRow & { readonly newest: string; readonly branch: string }
