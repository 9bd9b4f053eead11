import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import type { Clock } from '../../domain/clock.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import type { WebhookEvent, WebhookFeed, WebhookPage } from '../../webhooks/webhook-feed.ts'
import type { CloudEvents } from '../events/cloud-event.ts'
import { readEventPage } from '../events/event-page.ts'
import { PageSlots } from '../events/page-slots.ts'
import { streamId } from '../events/stream-position.ts'
import { toAgentFilter } from '../queries/agent-filter-query.ts'
import { RecentHistory } from './recent-history.ts'

const LIMIT = SERVER_LIMITS.webhookPageEvents.value
/** Operators see all agents. */
const ALL_AGENTS = { narrow: <Filter>(filter: Filter) => filter }

/** The events of webhooks: pages of the change feed, as CloudEvents. */
export class HistoryFeed implements WebhookFeed {
  readonly #history: RecentHistory
  readonly #cloudEvents: CloudEvents
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #slices = new TimeSlices()
  readonly #slots = new PageSlots(SERVER_LIMITS.webhookReads.value)

  private constructor(history: RecentHistory, parts: { cloudEvents: CloudEvents; clock: Clock }) {
    this.#history = history
    this.#cloudEvents = parts.cloudEvents
    this.#clock = parts.clock
  }

  /** Follows the changes of a repository. */
  static async open(
    repository: AgentRegistryRepository,
    parts: { cloudEvents: CloudEvents; clock: Clock },
  ): Promise<HistoryFeed> {
    const history = new RecentHistory(repository)
    await history.now()
    return new HistoryFeed(history, parts)
  }

  get newest(): number {
    return this.#history.newest
  }

  async read(
    { since, filter }: { since: string; filter: object },
    signal: AbortSignal,
  ): Promise<WebhookPage> {
    const query = { since, filter: toAgentFilter({ known: filter, open: [] }, ALL_AGENTS) }
    const page = await this.#slots.run(() => this.#readPage({ ...query, limit: LIMIT }, signal))
    const { counts } = page
    const at = (revision: number) => streamId(currentBranch(counts), revision)
    const events = page.events.map((event) => ({
      id: this.#cloudEvents.idOf(event, counts),
      position: at(event.transition.revision),
      json: () => this.#cloudEvents.event(event, counts),
    }))
    return { events, position: at(page.position), revision: page.position }
  }

  async #readPage(query: Parameters<typeof readEventPage>[1], signal: AbortSignal) {
    const work = this.#slices.begin(signal)
    try {
      return await readEventPage(this.#history, query, { signal, work })
    } finally {
      work.end()
    }
  }

  async reset(): Promise<WebhookEvent> {
    const now = await this.#history.now()
    const position = streamId(currentBranch(now), now.revision)
    const id = `${position}:reset`
    const atMs = this.#clock.wallMs()
    return { id, position, json: () => this.#cloudEvents.reset(now, id, atMs) }
  }

  async test(webhookId: string): Promise<WebhookEvent> {
    const now = await this.#history.now()
    const position = streamId(currentBranch(now), now.revision)
    const atMs = this.#clock.wallMs()
    const id = `test:${webhookId}:${atMs}`
    return { id, position, json: () => this.#cloudEvents.test(now, { id, webhookId }, atMs) }
  }

  changed(revision: number, signal: AbortSignal): Promise<void> {
    return this.#history.changed(revision, signal)
  }

  close(): void {
    this.#history.close()
  }
}
