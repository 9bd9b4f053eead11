import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../domain/clock.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import { signatureHeaders } from '../signature.ts'
import type { Webhook, WebhookFailure } from '../webhook.ts'
import type { WebhookEvent, WebhookFeed, WebhookPage } from '../webhook-feed.ts'
import type { SavedProgress } from '../webhook-store.ts'
import type { Attempt, Receivers } from './receiver.ts'
import { retryPauseMs } from './retry-pause.ts'

/** Milliseconds until the history is read again after that has failed. */
const READ_AGAIN_MS = 1000
/** The receiver wants no more events (RFC 9110, 15.5.11). */
const GONE = 410

/** Reports what happens to the deliveries of a webhook. */
export interface DeliveryReporter {
  /** An event was accepted. */
  accepted(): void
  /** An attempt has failed. */
  failed(): void
  /** The first attempt has failed since an event was accepted. */
  failing(webhook: Webhook, error: string): void
  /** An event was accepted again, after attempts that failed. */
  recovered(webhook: Webhook): void
  /** The webhook is disabled, because events were not accepted. */
  gaveUp(webhook: Webhook, error: string): void
}

/** What loops share. */
export interface WebhookLoopParts {
  readonly feed: WebhookFeed
  readonly receivers: Receivers
  readonly clock: Pick<Clock, 'wallMs'>
  readonly reporter: DeliveryReporter
  readonly retryForMs: number
  readonly userAgent: string
  /** Called when progress should be saved at once. */
  readonly saveSoon: () => void
}

/**
 * Delivers one webhook: sends an event only after the one before was accepted. Holds one page of events, and reads the
 * next one from the history, so a receiver that is slow or down costs nothing but its own delay.
 */
export class WebhookLoop {
  readonly #parts: WebhookLoopParts
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #webhook: Webhook
  #position: string
  #deliveredAtMs: number | null
  #failure: WebhookFailure | null
  #isGivenUp = false
  #isSaved = true
  /** Ends the pause before the next attempt, or the attempt. */
  #interruption = new AbortController()

  /** Starts at the position of the webhook. */
  constructor(webhook: Webhook, parts: WebhookLoopParts) {
    this.#parts = parts
    this.#webhook = webhook
    this.#position = webhook.position
    this.#deliveredAtMs = webhook.deliveredAtMs
    this.#failure = webhook.failure
    this.#ended = this.#run().catch(() => undefined)
  }

  /**
   * Changes the definition: an attempt with the one before is abandoned, and its failure is void. Returns false if the
   * loop has given up before, so that another one has to go on.
   */
  update(webhook: Webhook): boolean {
    if (webhook.version === this.#webhook.version) return true
    if (this.#isGivenUp) return false
    this.#webhook = webhook
    this.#failure = null
    this.#interruption.abort()
    return true
  }

  /** How many changes follow that it has not come to yet; whether the filter selects them is not known. */
  get lag(): number {
    return Math.max(0, this.#parts.feed.newest - Number(this.#position.split(':').at(-1)))
  }

  /** Whether the next event is not accepted. */
  get isFailing(): boolean {
    return this.#failure !== null
  }

  /** Returns progress that was not returned before. */
  takeProgress(): SavedProgress | undefined {
    if (this.#isSaved) return undefined
    this.#isSaved = true
    const { id, version } = this.#webhook
    return {
      ...{ id, version, position: this.#position, deliveredAtMs: this.#deliveredAtMs },
      ...{ failure: this.#failure, isGivenUp: this.#isGivenUp },
    }
  }

  /** The progress that was taken could not be saved. */
  keepProgress(): void {
    this.#isSaved = false
  }

  /** Stops at once; an event that is being sent may or may not arrive. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#interruption.abort()
    await this.#ended
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted || this.#isGivenUp
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!this.#isStopped) {
      try {
        await this.#deliverPage(signal)
      } catch {
        if (this.#isStopped) return
        await sleep(READ_AGAIN_MS, undefined, { signal, ref: false })
      }
    }
  }

  async #deliverPage(signal: AbortSignal): Promise<void> {
    const { version, filter } = this.#webhook
    const since = this.#position
    const page = await this.#read(filter, signal)
    if (page === undefined) return this.#deliver(await this.#parts.feed.reset())
    for (const event of page.events) {
      await this.#deliver(event)
      // Another filter selects other events.
      if (this.#isStopped || this.#webhook.version !== version) return
    }
    this.#moveTo(page.position)
    const { feed } = this.#parts
    // What this node has heard of cannot be read yet.
    const isEarly = page.position === since && feed.newest > page.revision
    if (isEarly) await sleep(READ_AGAIN_MS, undefined, { signal, ref: false })
    else await feed.changed(page.revision, signal)
  }

  /** Returns undefined if the history no longer has the position. */
  async #read(filter: object, signal: AbortSignal): Promise<WebhookPage | undefined> {
    try {
      return await this.#parts.feed.read({ since: this.#position, filter }, signal)
    } catch (error) {
      if (isRegistryError(error, 'REVISION_GONE')) return undefined
      throw error
    }
  }

  /** Sends an event until it is accepted, or the webhook stops or changes. */
  async #deliver(event: WebhookEvent): Promise<void> {
    const body = event.json()
    const webhook = this.#webhook
    const hasChanged = () => this.#isStopped || this.#webhook.version !== webhook.version
    for (let attempts = 1; !hasChanged(); attempts++) {
      this.#interruption = new AbortController()
      const attempt = await this.#attempt(webhook, { id: event.id, body })
      if (attempt.error === undefined) return this.#accepted(event)
      // What failed was the one before, or is abandoned.
      if (hasChanged()) return
      await this.#pause(attempt, attempts)
    }
  }

  #attempt(webhook: Webhook, message: { id: string; body: string }): Promise<Attempt> {
    const { receivers, clock, userAgent } = this.#parts
    const { url, secret } = webhook
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': userAgent,
      ...signatureHeaders({ ...message, secret }, clock.wallMs()),
    }
    return receivers.send({ url, headers, body: message.body }, this.#interruption.signal)
  }

  #accepted({ position }: WebhookEvent): void {
    const { reporter, clock } = this.#parts
    this.#moveTo(position)
    this.#deliveredAtMs = clock.wallMs()
    reporter.accepted()
    if (this.#failure === null) return
    this.#failure = null
    reporter.recovered(this.#webhook)
  }

  async #pause({ status, error = '', retryAfterMs }: Attempt, attempts: number): Promise<void> {
    const { reporter, clock, retryForMs } = this.#parts
    const nowMs = clock.wallMs()
    reporter.failed()
    if (this.#failure === null) reporter.failing(this.#webhook, error)
    this.#failure = { sinceMs: this.#failure?.sinceMs ?? nowMs, error }
    this.#isSaved = false
    const remainingMs = this.#failure.sinceMs + retryForMs - nowMs
    if (status === GONE || remainingMs <= 0) {
      this.#isGivenUp = true
      reporter.gaveUp(this.#webhook, error)
      this.#parts.saveSoon()
      return
    }
    const ms = retryPauseMs(attempts, { retryAfterMs, remainingMs })
    const { signal } = this.#interruption
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
  }

  #moveTo(position: string): void {
    if (position === this.#position) return
    this.#position = position
    this.#isSaved = false
  }
}
