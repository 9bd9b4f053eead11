import type { AgentEvent, AgentFilter, DiscoveryClient } from '@rollcall/client'
import { ValueStore } from '../registry/value-store.ts'

/** Revisions before now from which the log begins. */
const LOOK_BACK = 300
/** Milliseconds during which events are collected before they are shown. */
const COLLECT_MS = 250

/** The latest changes, as the feed delivers them. */
export class EventLog {
  /** Newest first; undefined until the feed is open. */
  readonly events = new ValueStore<readonly AgentEvent[] | undefined>(undefined)
  readonly error = new ValueStore<unknown>(undefined)
  readonly #limit: number
  #incoming: AgentEvent[] = []

  /**
   * Follows the changes of matching agents until the signal is aborted.
   *
   * @param options.limit events that are kept
   */
  constructor(
    client: DiscoveryClient,
    { filter, limit, signal }: { filter: AgentFilter; limit: number; signal: AbortSignal },
  ) {
    this.#limit = limit
    const timer = setInterval(() => this.#publish(), COLLECT_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
    this.#follow(client, filter, signal).catch((error: unknown) => {
      if (!signal.aborted) this.error.set(error)
    })
  }

  async #follow(client: DiscoveryClient, filter: AgentFilter, signal: AbortSignal): Promise<void> {
    const { revision } = await client.health({ signal })
    const since = Math.max(0, revision - LOOK_BACK)
    for await (const event of client.watch(filter, { signal, snapshot: false, since })) {
      if (event.type === 'synced') this.#publish({ isOpen: true })
      else if ('agentId' in event) this.#incoming.push(event)
    }
  }

  #publish({ isOpen = false } = {}): void {
    if (this.#incoming.length === 0 && !isOpen) return
    const newest = this.#incoming.toReversed()
    this.#incoming = []
    this.events.set([...newest, ...(this.events.get() ?? [])].slice(0, this.#limit))
  }
}
