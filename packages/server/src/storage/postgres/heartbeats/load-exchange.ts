import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadListener, LoadSubscription } from '../../../domain/load-subscription.ts'
import { LoadListeners } from '../../load-listeners.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { PostgresNotifications } from '../connections/notifications.ts'
import { type LoadReport, loadPayloads, loadsIn } from './load-payload.ts'

/** Milliseconds between two announcements of a node that follows loads. */
const ANNOUNCE_MS = 5000
/** Milliseconds that an announcement holds: two may be lost. */
const FOLLOWED_MS = 3 * ANNOUNCE_MS
/** Milliseconds between two sendings of loads to the other nodes. */
const SEND_MS = 1000
/** Milliseconds after which all nodes have heard an announcement. */
const SETTLE_MS = 500

/** What a node says that wants to know who follows; else it names the node that follows. */
const WHO_FOLLOWS = '?'

// Nothing is written: waiting for the disk would hold up all who notify after it.
const NOTIFY = {
  name: 'notify_loads',
  text: `SELECT set_config('synchronous_commit', 'off', true), count(pg_notify($1, payload))
    FROM unnest($2::text[]) payload`,
}

/**
 * Brings loads from the nodes that agents report them to, to the nodes that have followers. Those
 * announce themselves every few seconds; as long as they do, the others send them once a second
 * what was reported to them, in notifications. No table is written, and nothing is sent while
 * no node follows. What is lost on the way is reported again with the next heartbeat.
 */
export class LoadExchange {
  readonly #database: PostgresDatabase
  readonly #notifications: PostgresNotifications
  readonly #node: string
  readonly #followersChannel: string
  readonly #loadsChannel: string
  readonly #local = new LoadListeners()
  #settled: Promise<void> = Promise.resolve()
  #announcing: NodeJS.Timeout | undefined
  /** Until then some other node follows, by the monotonic clock. */
  #followedUntil = Number.NEGATIVE_INFINITY
  /** Reported to this node and not sent yet. */
  #reported = new Map<string, LoadReport>()
  #sentAt = Number.NEGATIVE_INFINITY
  #sending: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: {
    database: PostgresDatabase
    notifications: PostgresNotifications
    node: string
  }) {
    this.#database = options.database
    this.#notifications = options.notifications
    this.#node = options.node
    // With the name of a schema, neither is longer than the channel of the transitions.
    this.#followersChannel = `${options.database.schema}.followers`
    this.#loadsChannel = `${options.database.schema}.loads`
    this.#notifications.listen(this.#followersChannel, {
      notified: (payload) => this.#hear(payload),
      // Announcements before this were missed.
      connected: () => void this.#notify(this.#followersChannel, [WHO_FOLLOWS]),
    })
  }

  /** Whether anybody follows loads, here or on another node. */
  get isFollowed(): boolean {
    return this.#local.isFollowed || this.#isFollowedElsewhere
  }

  /** As `AgentRegistryRepository.followLoads`. */
  follow(listener: LoadListener): LoadSubscription {
    if (!this.#local.isFollowed) this.#settled = this.#begin()
    const { ready, end } = this.#local.follow(listener, this.#settled)
    const endOnce = (): void => {
      const wasFollowed = this.#local.isFollowed
      end()
      if (wasFollowed && !this.#local.isFollowed) this.#end()
    }
    return { ready, end: endOnce }
  }

  /** Takes what an agent reported to this node. */
  report(agentId: string, load: number | null, atMs: number): void {
    this.#local.report(agentId, load, atMs)
    if (!this.#isFollowedElsewhere) return
    const waiting = this.#reported.get(agentId)
    if (waiting && waiting.atMs > atMs) return
    this.#reported.set(agentId, { agentId, load, atMs })
    this.#sendSoon()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#announcing)
    clearTimeout(this.#sending)
  }

  get #isFollowedElsewhere(): boolean {
    return performance.now() < this.#followedUntil
  }

  async #begin(): Promise<void> {
    this.#announcing = setInterval(() => this.#announce(), ANNOUNCE_MS).unref()
    const hear = { notified: (payload: string) => this.#take(payload) }
    await this.#notifications.listen(this.#loadsChannel, hear).catch(() => undefined)
    await this.#announce()
    await sleep(SETTLE_MS, undefined, { ref: false })
  }

  #end(): void {
    clearInterval(this.#announcing)
    // The connection may be gone; the next one does not listen.
    this.#notifications.unlisten(this.#loadsChannel).catch(() => undefined)
  }

  #announce(): Promise<void> {
    return this.#notify(this.#followersChannel, [this.#node])
  }

  #hear(payload: string): void {
    if (payload === this.#node) return
    if (payload !== WHO_FOLLOWS) this.#followedUntil = performance.now() + FOLLOWED_MS
    else if (this.#local.isFollowed) this.#announce()
  }

  #take(payload: string): void {
    const { node, reports } = loadsIn(payload)
    // What was reported to this node is known here.
    if (node === this.#node) return
    for (const { agentId, load, atMs } of reports) this.#local.report(agentId, load, atMs)
  }

  #sendSoon(): void {
    if (this.#sending || this.#closed) return
    const waitMs = Math.max(0, this.#sentAt + SEND_MS - performance.now())
    this.#sending = setTimeout(() => this.#send(), waitMs).unref()
  }

  async #send(): Promise<void> {
    const reports = [...this.#reported.values()]
    this.#reported = new Map()
    await this.#notify(this.#loadsChannel, loadPayloads(this.#node, reports))
    this.#sentAt = performance.now()
    this.#sending = undefined
    if (this.#reported.size > 0) this.#sendSoon()
  }

  async #notify(channel: string, payloads: readonly string[]): Promise<void> {
    if (this.#closed) return
    // What fails is lost, and said again soon.
    await this.#database.write(NOTIFY, [channel, payloads]).catch(() => undefined)
  }
}
