import type { ServerResponse } from 'node:http'
import {
  type LoadReport,
  type WatchEvent,
  type WatchParts,
  watch,
} from '../../src/discovery/watch.ts'
import { RegistryConnection } from '../../src/transport/connection.ts'
import { ManualClientClock } from './manual-client-clock.ts'
import { ScriptedServer } from './scripted-server.ts'
import { wireAgent } from './wire-agents.ts'

export type Responder = (response: ServerResponse) => void

type WatchOptions = Pick<WatchParts, 'loads' | 'snapshot' | 'since'>

/** A watch of a registry with a scripted response for each connection. */
export class ScriptedWatch implements AsyncDisposable {
  readonly clock = new ManualClientClock()
  readonly server: ScriptedServer
  readonly #stop = new AbortController()
  readonly #events: AsyncGenerator<WatchEvent | LoadReport, void>

  private constructor(server: ScriptedServer, options: WatchOptions) {
    this.server = server
    this.#events = watch({
      connection: new RegistryConnection({ registryUrl: server.url }),
      clock: this.clock,
      filter: { capability: 'search' },
      ...options,
      signals: [this.#stop.signal],
    })
  }

  /** Starts a watch; connections beyond the script hang. */
  static start(...script: Responder[]): Promise<ScriptedWatch> {
    return ScriptedWatch.#start(script, {})
  }

  /** Starts a watch with loads. */
  static startWithLoads(...script: Responder[]): Promise<ScriptedWatch> {
    return ScriptedWatch.#start(script, { loads: true })
  }

  /** Starts a watch that begins after a revision, or now, instead of with a snapshot. */
  static startAfter(since: number | undefined, ...script: Responder[]): Promise<ScriptedWatch> {
    return ScriptedWatch.#start(script, { snapshot: false, since })
  }

  static async #start(script: Responder[], options: WatchOptions): Promise<ScriptedWatch> {
    const server = await ScriptedServer.start((_, response) => script.shift()?.(response))
    return new ScriptedWatch(server, options)
  }

  /** Describes the next event; `end` if there are no more. */
  async next(): Promise<string> {
    const { value: event } = await this.#events.next()
    if (!event) return 'end'
    if (event.type === 'loads')
      return `loads ${event.loads.map((it) => `${it.agentId} ${it.load}`)}`
    return 'agent' in event ? `${event.type} ${event.agent.agentId}` : event.type
  }

  async take(count: number): Promise<string[]> {
    const taken: string[] = []
    for (let i = 0; i < count; i++) taken.push(await this.next())
    return taken
  }

  /** The `Last-Event-ID` of each connection. */
  get resumedAt(): (string | string[] | undefined)[] {
    return this.server.requests.map(({ headers }) => headers['last-event-id'])
  }

  stop(): void {
    this.#stop.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#events.return()
    await this.server[Symbol.asyncDispose]()
  }
}

/** Sends a stream of the given events, which stays open. */
export function stream(...events: string[]): Responder {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    response.write(events.join(''))
  }
}

export function endingStream(...events: string[]): Responder {
  return (response) => {
    stream(...events)(response)
    response.end()
  }
}

export function tornStream(...events: string[]): Responder {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(events.join(''), () => setImmediate(() => response.destroy()))
  }
}

export function event(id: string, type: string, more: object = {}): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type, revision: 1, ...more })}\n\n`
}

export const snapshot = (agentId: string): string =>
  event('e:snapshot', 'snapshot', { agent_id: agentId, listed: true, agent: wireAgent(agentId) })
export const registered = (id: string, agentId: string): string =>
  event(id, 'registered', {
    agent_id: agentId,
    at: '2026-01-01T00:00:00.000Z',
    reason: '',
    listed: true,
    agent: wireAgent(agentId),
  })
export const synced = (id: string): string => event(id, 'synced')

/** Waits out the delay before the next connection. Returns its length. */
export async function delayOf({ clock }: ScriptedWatch): Promise<number> {
  for (;;) {
    const timer = await clock.nextTimer()
    // Only a retry delay keeps the process alive; the idle timeout of a stream does not.
    if (timer.keepsAlive) return clock.fireNext()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
