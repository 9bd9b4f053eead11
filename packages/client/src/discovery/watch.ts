import type { SnapshotEvent, StreamEvent, AgentEvent as WireEvent } from '@rollcall/protocol'
import { backoffMs } from '../backoff.ts'
import type { ClientClock } from '../clock.ts'
import type { RegistryConnection } from '../connection.ts'
import { isRegistryClientError } from '../errors/client-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { pauseFor } from '../pause.ts'
import { type Agent, type AgentEvent, toAgent, toAgentEvent } from '../wire.ts'
import { type AgentFilter, queryString } from './agent-query.ts'
import { sentEvents } from './sent-events.ts'

/** What a watch tells, in order. */
export type WatchEvent =
  /** Forget all agents: what follows is the whole list again. Always the first. */
  | { readonly type: 'reset'; readonly reason: string }
  /** An agent that is there when the watch begins. */
  | { readonly type: 'snapshot'; readonly listed: true; readonly agent: Agent }
  /** Everything that was there has been told; from here on it is live. */
  | { readonly type: 'synced'; readonly revision: number }
  /** Something changed: keep the agent when it is listed, drop it when not. */
  | AgentEvent
  /** The connection is lost; the watch connects again by itself and goes on where it was. */
  | { readonly type: 'disconnected'; readonly error: unknown }

/** What a watch works with. */
export interface WatchParts {
  readonly connection: RegistryConnection
  readonly clock: ClientClock
  readonly filter: AgentFilter
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** Milliseconds between two attempts to connect, at the most. */
const LONGEST_PAUSE_MS = 10_000
/** The registry is heard every 15 s, whatever happens; after this silence the connection is dead. */
const SILENCE_MS = 45_000

/**
 * Follows the change feed for as long as it is asked to. It connects again by itself, goes on where
 * it was, and says `reset` when that is impossible. Ends when the signal is aborted; throws when
 * the registry refuses the filter.
 */
export async function* watch(parts: WatchParts): AsyncGenerator<WatchEvent, void> {
  let lastEventId = ''
  let wasAccepted = false
  let failures = 0
  yield { type: 'reset', reason: 'the watch begins' }
  while (!parts.signal?.aborted) {
    try {
      for await (const event of follow(parts, lastEventId)) {
        failures = 0
        wasAccepted = true
        lastEventId = event.lastEventId
        if (event.told) yield event.told
      }
      throw new NetworkError('the registry ended the stream')
    } catch (error) {
      if (parts.signal?.aborted) return
      // Once it was accepted, a refusal is trouble on the way, such as a proxy without a registry.
      if (!wasAccepted && isRegistryClientError(error) && !error.isTransient) throw error
      if (failures++ === 0) yield { type: 'disconnected', error }
      const pause = backoffMs(failures, LONGEST_PAUSE_MS, parts.clock.random())
      await pauseFor(parts.clock, pause, parts.signal)
    }
  }
}

interface Followed {
  readonly lastEventId: string
  readonly told: WatchEvent | undefined
}

/** One connection, until it ends. */
async function* follow(parts: WatchParts, lastEventId: string): AsyncGenerator<Followed, void> {
  const { connection, clock, filter, timeoutMs } = parts
  const silence = new AbortController()
  let cancel = (): void => undefined
  const alive = (): void => {
    cancel()
    cancel = clock.setTimer(() => silence.abort(), SILENCE_MS, false)
  }
  const signal = parts.signal ? AbortSignal.any([parts.signal, silence.signal]) : silence.signal
  try {
    alive()
    const response = await connection.open({
      method: 'GET',
      path: `/events${queryString(filter, { snapshot: 'true' })}`,
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId && { 'last-event-id': lastEventId }),
      },
      signal,
      timeoutMs,
    })
    if (response.body === null) throw new NetworkError('the registry sent no stream')
    for await (const event of sentEvents(response.body, alive)) {
      const told = toWatchEvent(JSON.parse(event.data))
      yield { lastEventId: event.lastEventId, told }
    }
  } catch (error) {
    if (silence.signal.aborted) {
      throw new NetworkError(`nothing was heard for ${SILENCE_MS / 1000} s`, error)
    }
    throw isRegistryClientError(error) ? error : new NetworkError('the stream broke off', error)
  } finally {
    cancel()
  }
}

/** Undefined for words of the stream about itself that are of no use outside. */
function toWatchEvent(wire: WireEvent | SnapshotEvent | StreamEvent): WatchEvent | undefined {
  switch (wire.type) {
    case 'reset':
      return { type: 'reset', reason: wire.reason ?? 'the registry begins anew' }
    case 'snapshot':
      return { type: 'snapshot', listed: true, agent: toAgent(wire.agent) }
    case 'synced':
      return { type: 'synced', revision: wire.revision }
    case 'bookmark':
    case 'closing':
      return undefined
    default:
      return toAgentEvent(wire)
  }
}
