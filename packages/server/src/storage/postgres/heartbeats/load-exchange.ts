import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadListener, LoadSubscription } from '../../../domain/load-subscription.ts'
import { LoadListeners } from '../../load-listeners.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { PostgresNotifications } from '../connections/notifications.ts'
import { type LoadReport, loadPayloads, loadsIn } from './load-payload.ts'

/** Milliseconds between two announcements of a node that follows loads. */
const ANNOUNCE_MS = 5000
/** Milliseconds that an announcement is valid: two may be lost. */
const FOLLOWER_TTL_MS = 3 * ANNOUNCE_MS
/** Milliseconds between two messages with loads to the other nodes. */
const SEND_MS = 1000
/** Milliseconds after which all nodes have received an announcement. */
const SETTLE_MS = 500

/** Payload that asks followers to announce themselves; any other payload is the id of a following node. */
const WHO_FOLLOWS = '?'

// Nothing is written: waiting for the disk would delay all later notifications.
const NOTIFY = {
  name: 'notify_loads',
  text: `SELECT set_config('synchronous_commit', 'off', true), count(pg_notify($1, payload))
    FROM unnest($2::text[]) payload`,
}

/**
 * Forwards loads from the nodes that receive them to the nodes with followers. Following nodes announce
 * themselves every few seconds; as long as they do, the others send them the reported loads once a second,
 * in notifications. No table is written, and nothing is sent while no node follows. A load lost in transit
 * is reported again with the next heartbeat.
 */
export class LoadExchange {
  readonly #database: PostgresDatabase
  readonly #notifications: PostgresNotifications
  readonly #node: string
  readonly #followersChannel: string
  readonly #loadsChannel: string
  readonly #local = new LoadListeners()
  #ready: Promise<void> = Promise.resolve()
  #announceTimer: NodeJS.Timeout | undefined
  /** Monotonic time until which another node follows. */
  #followedUntil = Number.NEGATIVE_INFINITY
  /** Loads reported to this node and not sent yet. */
  #reported = new Map<string, LoadReport>()
  #sentAt = Number.NEGATIVE_INFINITY
  #sendTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: {
    database: PostgresDatabase
    notifications: PostgresNotifications
    node: string
  }) {
    this.#database = options.database
    this.#notifications = options.notifications
    this.#node = options.node
    // Neither name is longer than the channel of the transitions, so both fit the limit.
    this.#followersChannel = `${options.database.schema}.followers`
    this.#loadsChannel = `${options.database.schema}.loads`
    void this.#notifications.listen(this.#followersChannel, {
      notified: (payload) => this.#receiveAnnouncement(payload),
      // Earlier announcements were missed.
      connected: () => void this.#notify(this.#followersChannel, [WHO_FOLLOWS]),
    })
  }

  /** Whether there are followers of loads, here or on another node. */
  get isFollowed(): boolean {
    return this.#local.isFollowed || this.#isFollowedElsewhere
  }

  /** See `AgentRegistryRepository.followLoads`. */
  follow(listener: LoadListener): LoadSubscription {
    if (!this.#local.isFollowed) this.#ready = this.#startFollowing()
    const { ready, end } = this.#local.follow(listener, this.#ready)
    const endOnce = (): void => {
      const wasFollowed = this.#local.isFollowed
      end()
      if (wasFollowed && !this.#local.isFollowed) this.#stopFollowing()
    }
    return { ready, end: endOnce }
  }

  /** Handles a load that an agent reported to this node. */
  report(agentId: string, load: number | null, atMs: number): void {
    this.#local.report(agentId, load, atMs)
    if (!this.#isFollowedElsewhere) return
    const waiting = this.#reported.get(agentId)
    if (waiting && waiting.atMs > atMs) return
    this.#reported.set(agentId, { agentId, load, atMs })
    this.#scheduleSend()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#announceTimer)
    clearTimeout(this.#sendTimer)
  }

  get #isFollowedElsewhere(): boolean {
    return performance.now() < this.#followedUntil
  }

  async #startFollowing(): Promise<void> {
    this.#announceTimer = setInterval(() => this.#announce(), ANNOUNCE_MS).unref()
    const listener = { notified: (payload: string) => this.#receiveLoads(payload) }
    await this.#notifications.listen(this.#loadsChannel, listener).catch(() => undefined)
    await this.#announce()
    await sleep(SETTLE_MS, undefined, { ref: false })
  }

  #stopFollowing(): void {
    clearInterval(this.#announceTimer)
    // The connection may be broken; the next one does not listen.
    this.#notifications.unlisten(this.#loadsChannel).catch(() => undefined)
  }

  #announce(): Promise<void> {
    return this.#notify(this.#followersChannel, [this.#node])
  }

  #receiveAnnouncement(payload: string): void {
    if (payload === this.#node) return
    if (payload !== WHO_FOLLOWS) this.#followedUntil = performance.now() + FOLLOWER_TTL_MS
    else if (this.#local.isFollowed) void this.#announce()
  }

  #receiveLoads(payload: string): void {
    const { node, reports } = loadsIn(payload)
    // Loads reported to this node were delivered already.
    if (node === this.#node) return
    for (const { agentId, load, atMs } of reports) this.#local.report(agentId, load, atMs)
  }

  #scheduleSend(): void {
    if (this.#sendTimer || this.#closed) return
    const waitMs = Math.max(0, this.#sentAt + SEND_MS - performance.now())
    this.#sendTimer = setTimeout(() => this.#send(), waitMs).unref()
  }

  async #send(): Promise<void> {
    const reports = [...this.#reported.values()]
    this.#reported = new Map()
    await this.#notify(this.#loadsChannel, loadPayloads(this.#node, reports))
    this.#sentAt = performance.now()
    this.#sendTimer = undefined
    if (this.#reported.size > 0) this.#scheduleSend()
  }

  async #notify(channel: string, payloads: readonly string[]): Promise<void> {
    if (this.#closed) return
    // A failed notification is lost, and repeated soon.
    await this.#database.write(NOTIFY, [channel, payloads]).catch(() => undefined)
  }
}
