import type {
  LoadsEvent,
  SnapshotEvent,
  StreamEvent,
  AgentEvent as WireEvent,
} from '@rollcall/protocol'
import { pauseAfter } from '../agent/backoff.ts'
import type { ClientClock } from '../clock.ts'
import { isApiError } from '../errors/api-error.ts'
import { isRegistryClientError } from '../errors/client-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { FetchResponse } from '../transport/call.ts'
import type { RegistryConnection } from '../transport/connection.ts'
import { linkSignals } from '../transport/linked-signal.ts'
import { pauseFor } from '../transport/pause.ts'
import {
  type Agent,
  type AgentEvent,
  type AgentLoad,
  toAgent,
  toAgentEvent,
  toAgentLoad,
} from '../transport/wire.ts'
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

/** How busy some of the listed agents are now; only from a watch that asks for loads. */
export interface LoadReport {
  /** Distinguishes it from changes. */
  readonly type: 'loads'
  /** Each agent at most once. */
  readonly loads: readonly AgentLoad[]
}

/** What a watch works with. */
export interface WatchParts {
  readonly connection: RegistryConnection
  readonly clock: ClientClock
  readonly filter: AgentFilter
  /** Also report loads, if the registry can. */
  readonly loads?: boolean | undefined
  /** Each ends it. */
  readonly signals?: readonly (AbortSignal | undefined)[] | undefined
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
export async function* watch(parts: WatchParts): AsyncGenerator<WatchEvent | LoadReport, void> {
  const { clock } = parts
  const { signal, release } = linkSignals(parts.signals ?? [])
  let lastEventId = ''
  let wasAccepted = false
  let isOut = false
  let failures = 0
  try {
    yield { type: 'reset', reason: 'the watch begins' }
    while (!signal.aborted) {
      const began = clock.now()
      try {
        for await (const event of follow(parts, lastEventId, signal)) {
          isOut = false
          wasAccepted = true
          // An event without an id, before any that has one, leaves the place where it was.
          lastEventId = event.lastEventId || lastEventId
          if (event.item) yield event.item
        }
        throw new NetworkError('the registry ended the stream')
      } catch (error) {
        if (signal.aborted) return
        // Once it was accepted, a refusal comes from something on the way, such as a proxy without
        // a registry.
        if (!wasAccepted && isRegistryClientError(error) && !error.isTransient) throw error
        if (!isOut) yield { type: 'disconnected', error }
        isOut = true
        // A stream that always breaks off after its first event is no better than none.
        failures = clock.now() - began < LONGEST_PAUSE_MS ? failures + 1 : 1
        const random = clock.random()
        const pause = pauseAfter(error, { failures, mostMs: LONGEST_PAUSE_MS, random })
        await pauseFor(clock, pause, signal)
      }
    }
  } finally {
    release()
  }
}

interface Followed {
  readonly lastEventId: string
  readonly item: WatchEvent | LoadReport | undefined
}

/** One connection, until it ends. */
async function* follow(
  parts: WatchParts,
  lastEventId: string,
  ended: AbortSignal,
): AsyncGenerator<Followed, void> {
  const { clock } = parts
  const silence = new AbortController()
  const { signal, release } = linkSignals([ended, silence.signal])
  let cancel = (): void => undefined
  const alive = (): void => {
    cancel()
    cancel = clock.setTimer(() => silence.abort(), SILENCE_MS, false)
  }
  try {
    alive()
    const response = await open(parts, { lastEventId, signal })
    if (response.body === null) throw new NetworkError('the registry sent no stream')
    for await (const event of sentEvents(response.body, alive)) {
      const item = toWatchEvent(JSON.parse(event.data))
      yield { lastEventId: event.lastEventId, item }
    }
  } catch (error) {
    if (silence.signal.aborted) {
      throw new NetworkError(`nothing was heard for ${SILENCE_MS / 1000} s`, error)
    }
    throw isRegistryClientError(error) ? error : new NetworkError('the stream broke off', error)
  } finally {
    cancel()
    release()
  }
}

/** Opens a stream; without loads when the registry is too old to know of them. */
async function open(
  parts: WatchParts,
  options: { lastEventId: string; signal: AbortSignal },
): Promise<FetchResponse> {
  const { connection, filter, loads, timeoutMs } = parts
  const { lastEventId, signal } = options
  const openWith = (more: Readonly<Record<string, string>>) =>
    connection.open({
      method: 'GET',
      path: `/events${queryString(filter, { snapshot: 'true', ...more })}`,
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId && { 'last-event-id': lastEventId }),
      },
      signal,
      timeoutMs,
    })
  if (!loads) return openWith({})
  try {
    return await openWith({ loads: 'true' })
  } catch (error) {
    // Or the filter is wrong: then it is refused again.
    if (isApiError(error, 'VALIDATION_FAILED')) return openWith({})
    throw error
  }
}

/** Undefined for stream control events of no use outside, and for types that later versions add. */
function toWatchEvent(
  wire: WireEvent | SnapshotEvent | StreamEvent | LoadsEvent,
): WatchEvent | LoadReport | undefined {
  switch (wire.type) {
    case 'reset':
      return { type: 'reset', reason: wire.reason ?? 'the registry begins anew' }
    case 'snapshot':
      return { type: 'snapshot', listed: true, agent: toAgent(wire.agent) }
    case 'synced':
      return { type: 'synced', revision: wire.revision }
    case 'loads':
      return { type: 'loads', loads: wire.loads.map(toAgentLoad) }
    case 'bookmark':
    case 'closing':
      return undefined
    default:
      return 'agent' in wire ? toAgentEvent(wire) : undefined
  }
}
