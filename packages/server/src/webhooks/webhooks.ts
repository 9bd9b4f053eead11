import { randomBytes } from 'node:crypto'
import type { Clock } from '../domain/clock.ts'
import { SharedRead } from '../scheduling/shared-read.ts'
import type { AddressGuard } from './address-guard.ts'
import type { Deliveries } from './delivery/deliveries.ts'
import type { DeliveryOptions } from './delivery/delivery-options.ts'
import type { Attempt, Receivers } from './delivery/receiver.ts'
import type { DeliveryReporter } from './delivery/webhook-loop.ts'
import { signatureHeaders } from './signature.ts'
import type { Webhook, WebhookChange } from './webhook.ts'
import type { WebhookEvent, WebhookFeed } from './webhook-feed.ts'
import { CLAIM_MS, type WebhookStore } from './webhook-store.ts'

/** Milliseconds between two rounds, in each of which progress is saved and webhooks are claimed. */
const ROUND_MS = 1000
const NODE_BYTES = 9

/** What sends events; loaded with the first webhook. */
interface Engine {
  readonly receivers: Receivers
  readonly deliveries: Deliveries
}

/** The parts of {@link Webhooks}. */
export interface WebhooksParts extends DeliveryOptions {
  readonly store: WebhookStore
  /** Whether other nodes use the store, and deliver webhooks as well. */
  readonly isShared: boolean
  /** Creates the feed; called with the first webhook. */
  readonly openFeed: () => Promise<WebhookFeed>
  readonly clock: Clock
  readonly reporter: DeliveryReporter
}

/**
 * The webhooks of a registry, and their deliveries by this node. A round claims the webhooks that it delivers: on other
 * stores than PostgreSQL, all of them.
 */
export class Webhooks {
  readonly #parts: WebhooksParts
  readonly #node = randomBytes(NODE_BYTES).toString('base64url')
  readonly #rounds = new SharedRead(() => this.#round())
  #feed: Promise<WebhookFeed> | undefined
  #engine: Promise<Engine> | undefined
  #deliveries: Deliveries | undefined
  #timer: NodeJS.Timeout | undefined
  /** Stops deliveries when the claims end. */
  #claimEnd: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(parts: WebhooksParts) {
    this.#parts = parts
  }

  /** Begins to deliver, if there is something to deliver. */
  async open(): Promise<void> {
    // A failure of the store is reported elsewhere, and does not keep the registry from starting.
    await this.#rounds.get().catch(() => undefined)
    if (this.#parts.isShared) this.#repeatRounds()
  }

  get guard(): AddressGuard {
    return this.#parts.guard
  }

  /** See {@link Deliveries.stats}. */
  get stats(): Deliveries['stats'] {
    return this.#deliveries?.stats ?? { webhooks: 0, failing: 0, lag: 0 }
  }

  /** Returns all webhooks, oldest first. */
  list(): Promise<readonly Webhook[]> {
    return this.#parts.store.list()
  }

  /** Adds a webhook; resolves once it is durable, and delivered if it is enabled. */
  async create(webhook: Webhook): Promise<void> {
    await this.#parts.store.create(webhook)
    await this.#soon()
  }

  /** Changes a webhook. Returns undefined if there is none with this id. */
  async change(id: string, change: WebhookChange): Promise<Webhook | undefined> {
    const changed = await this.#parts.store.change(id, change)
    await this.#soon()
    return changed
  }

  /** Removes a webhook. Returns false if there is none with this id. */
  async delete(id: string): Promise<boolean> {
    const isDeleted = await this.#parts.store.delete(id)
    await this.#soon()
    return isDeleted
  }

  /** Sends an event once, to try a webhook. */
  async test({ id: webhookId, url, secret }: Webhook, signal: AbortSignal): Promise<Attempt> {
    const feed = await this.#openFeed()
    const event: WebhookEvent = await feed.test(webhookId)
    const body = event.json()
    const { receivers } = await this.#openEngine()
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': this.#parts.userAgent,
      ...signatureHeaders({ id: event.id, body, secret }, this.#parts.clock.wallMs()),
    }
    return receivers.send({ url, headers, body }, signal)
  }

  /** Stops all deliveries, and saves how far they have come. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#claimEnd)
    if (this.#engine === undefined) return
    const { store } = this.#parts
    const { deliveries, receivers } = await this.#engine
    await deliveries.stop()
    receivers.close()
    const feed = await this.#feed
    feed?.close()
    // What cannot be saved is sent again.
    await deliveries.save((progress) => store.save(this.#node, progress)).catch(() => undefined)
    await store.release(this.#node).catch(() => undefined)
  }

  /** A failure of the store is reported elsewhere; the next round makes up for it. */
  async #soon(): Promise<void> {
    this.#repeatRounds()
    await this.#rounds.get().catch(() => undefined)
  }

  #repeatRounds(): void {
    if (this.#isClosed) return
    this.#timer ??= setInterval(
      () => void this.#rounds.get().catch(() => undefined),
      ROUND_MS,
    ).unref()
  }

  async #round(): Promise<void> {
    if (this.#isClosed) return
    const { store, clock, isShared } = this.#parts
    await this.#deliveries?.save((progress) => store.save(this.#node, progress))
    const askedAt = clock.monotonicMs()
    const claimed = await store.claim(this.#node)
    if (this.#isClosed || (this.#deliveries === undefined && claimed.length === 0)) return
    const { deliveries } = await this.#openEngine()
    if (this.#isClosed) return
    const leftMs = askedAt + CLAIM_MS - clock.monotonicMs()
    if (isShared && leftMs <= 0) return
    clearTimeout(this.#claimEnd)
    if (isShared) this.#claimEnd = setTimeout(() => void deliveries.forget(), leftMs).unref()
    await deliveries.deliver(claimed)
    this.#repeatRounds()
  }

  #openFeed(): Promise<WebhookFeed> {
    this.#feed ??= this.#parts.openFeed()
    return this.#feed
  }

  #openEngine(): Promise<Engine> {
    this.#engine ??= this.#loadEngine()
    return this.#engine
  }

  async #loadEngine(): Promise<Engine> {
    const { openEngine } = await import('./delivery/open-engine.ts')
    const saveSoon = () => void this.#rounds.get().catch(() => undefined)
    const engine = openEngine({ ...this.#parts, feed: await this.#openFeed(), saveSoon })
    this.#deliveries = engine.deliveries
    return engine
  }
}
