import { LiveView } from '../../src/discovery/live-view.ts'
import type { LoadReport, WatchEvent } from '../../src/discovery/watch.ts'
import type { Agent } from '../../src/transport/wire.ts'
import { ManualClientClock } from './manual-client-clock.ts'
import { agent } from './wire-agents.ts'

/** A view that receives events from a test, as from a watch. */
export class ScriptedView implements AsyncDisposable {
  readonly clock = new ManualClientClock()
  readonly view: LiveView
  #events: (WatchEvent | LoadReport | Error)[] = []
  #wake = Promise.withResolvers<void>()
  #idle = Promise.withResolvers<void>()

  constructor() {
    this.view = new LiveView({
      clock: this.clock,
      follow: (stop) => this.#follow(stop),
    })
  }

  /** Resolves when the view has processed all events. */
  async emit(...events: (WatchEvent | LoadReport | Error)[]): Promise<void> {
    this.#idle = Promise.withResolvers()
    this.#events.push(...events)
    this.#wake.resolve()
    await this.#idle.promise
  }

  get ids(): string[] {
    return this.view.agents.map(({ agentId }) => agentId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.view.close()
  }

  async *#follow(stop: AbortSignal): AsyncGenerator<WatchEvent | LoadReport, void> {
    stop.addEventListener('abort', () => this.#wake.resolve(), { once: true })
    try {
      while (!stop.aborted) {
        const event = this.#events.shift()
        if (event instanceof Error) throw event
        if (event) {
          yield event
          continue
        }
        this.#wake = Promise.withResolvers()
        this.#idle.resolve()
        if (!stop.aborted) await this.#wake.promise
      }
    } finally {
      this.#idle.resolve()
    }
  }
}

export const reset: WatchEvent = { type: 'reset', reason: 'test' }
export const synced: WatchEvent = { type: 'synced', revision: 1 }
export const disconnected: WatchEvent = { type: 'disconnected', error: new Error('unreachable') }
export const snapshot = (agentId: string): WatchEvent => ({
  type: 'snapshot',
  listed: true,
  agent: agent(agentId),
})
export const change = (
  agentId: string,
  listed: boolean,
  more: Partial<Agent> = {},
): WatchEvent => ({
  type: listed ? 'updated' : 'left',
  revision: 2,
  agentId,
  at: new Date(0),
  reason: 'test',
  actor: null,
  listed,
  agent: agent(agentId, more),
})

/** Creates a view that contains a and b. */
export async function syncedView(): Promise<ScriptedView> {
  const scripted = new ScriptedView()
  await scripted.emit(reset, snapshot('b'), snapshot('a'), synced)
  return scripted
}
