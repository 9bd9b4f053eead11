import type { AgentEvent, AgentFilter, DiscoveryClient } from '@rollcall/client'
import { ValueStore } from '../registry/value-store.ts'

/** Revisions before now from which the log begins. */
const LOOK_BACK = 300
/** Milliseconds during which events are collected before they are shown. */
const COLLECT_MS = 250

/** Changes that the page has missed. */
export interface MissedChanges {
  /** Times between which they were, in milliseconds of the registry's clock. */
  readonly fromMs: number
  readonly toMs: number
}

/** The latest changes, as the feed delivers them. */
export class EventLog {
  /** Newest first; undefined until the feed is open. */
  readonly events = new ValueStore<readonly AgentEvent[] | undefined>(undefined)
  readonly error = new ValueStore<unknown>(undefined)
  /** The last gap in the events; undefined: there is none. */
  readonly missed = new ValueStore<MissedChanges | undefined>(undefined)
  readonly #limit: number
  readonly #now: () => number
  #incoming: AgentEvent[] = []
  #isOpen = false
  /** When the connection was lost from which the feed has not continued yet. */
  #disconnectedMs: number | undefined
  /** Where a gap begins whose end is not known yet. */
  #gapMs: number | undefined

  /**
   * Follows the changes of matching agents until the signal is aborted.
   *
   * @param options.limit events that are kept
   * @param options.now Unix time in milliseconds, as the registry has it
   */
  constructor(
    client: DiscoveryClient,
    options: { filter: AgentFilter; limit: number; signal: AbortSignal; now: () => number },
  ) {
    const { filter, limit, signal } = options
    this.#limit = limit
    this.#now = options.now
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
      if ('agentId' in event) this.#incoming.push(event)
      else if (event.type === 'synced') this.#opened()
      else if (event.type === 'reset') this.#noteGap()
      else if (event.type === 'disconnected') this.#disconnectedMs ??= this.#now()
    }
  }

  /** The feed is open, or continues: from now on if it could not continue where it was. */
  #opened(): void {
    if (this.#gapMs !== undefined) this.missed.set({ fromMs: this.#gapMs, toMs: this.#now() })
    this.#isOpen = true
    this.#disconnectedMs = this.#gapMs = undefined
    this.#publish()
  }

  /** The feed cannot continue where it was. Before it was open, nothing was shown that could have a gap. */
  #noteGap(): void {
    if (this.#isOpen) this.#gapMs ??= this.#disconnectedMs ?? this.#now()
  }

  #publish(): void {
    if (this.#incoming.length === 0 && (!this.#isOpen || this.events.get())) return
    const newest = this.#incoming.toReversed()
    this.#incoming = []
    this.events.set([...newest, ...(this.events.get() ?? [])].slice(0, this.#limit))
  }
}
