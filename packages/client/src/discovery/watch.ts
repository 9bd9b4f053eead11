import type {
  LoadsEvent,
  SnapshotEvent,
  StreamEvent,
  AgentEvent as WireEvent,
} from '@rollcall/protocol'
import { retryDelayMs } from '../agent/backoff.ts'
import type { ClientClock } from '../clock.ts'
import { isApiError } from '../errors/api-error.ts'
import { isRegistryClientError } from '../errors/client-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { FetchResponse } from '../transport/call.ts'
import type { RegistryConnection } from '../transport/connection.ts'
import { linkSignals } from '../transport/linked-signal.ts'
import { sleep } from '../transport/sleep.ts'
import {
  type Agent,
  type AgentEvent,
  type AgentLoad,
  toAgent,
  toAgentEvent,
  toAgentLoad,
} from '../transport/wire.ts'
import { type AgentFilter, queryString } from './agent-query.ts'
import { serverSentEvents } from './server-sent-events.ts'

/** An event of a watch, in the order of delivery. */
export type WatchEvent =
  /** Discard all agents: a full snapshot follows, unless without one. Always the first event. */
  | { readonly type: 'reset'; readonly reason: string }
  /** An agent in the snapshot. */
  | { readonly type: 'snapshot'; readonly listed: true; readonly agent: Agent }
  /** The snapshot is complete; live changes follow. */
  | { readonly type: 'synced'; readonly revision: number }
  /** A change: keep the agent if `listed` is true, remove it otherwise. */
  | AgentEvent
  /** The connection is lost; the watch reconnects and resumes automatically. */
  | { readonly type: 'disconnected'; readonly error: unknown }

/** New loads of some listed agents; only from a watch with the option `loads`. */
export interface LoadReport {
  /** Distinguishes the report from changes. */
  readonly type: 'loads'
  /** Each agent at most once. */
  readonly loads: readonly AgentLoad[]
}

/** Dependencies and options of a watch. */
export interface WatchParts {
  readonly connection: RegistryConnection
  readonly clock: ClientClock
  readonly filter: AgentFilter
  /** Also report loads, if the registry supports it. */
  readonly loads?: boolean | undefined
  /** Whether to begin with all matching agents; default true. */
  readonly snapshot?: boolean | undefined
  /** Begin after this revision, without a snapshot unless the history no longer reaches back. */
  readonly since?: number | undefined
  /** Each of them ends the watch. */
  readonly signals?: readonly (AbortSignal | undefined)[] | undefined
  readonly timeoutMs?: number | undefined
}

/** Maximum delay between two attempts to connect, in milliseconds. */
const MAX_DELAY_MS = 10_000
/** The registry sends something every 15 s; a connection that is idle for this long is dead. */
const IDLE_TIMEOUT_MS = 45_000

/**
 * Follows the change feed. Reconnects automatically and resumes after the last event, or yields
 * `reset` if the registry cannot resume. Ends when a signal is aborted.
 *
 * @throws ApiError if the registry rejects the filter
 */
export async function* watch(parts: WatchParts): AsyncGenerator<WatchEvent | LoadReport, void> {
  const { clock, snapshot = true, since = '' } = parts
  const { signal, release } = linkSignals(parts.signals ?? [])
  let lastEventId = String(since)
  let wasAccepted = false
  let isDisconnected = false
  let failures = 0
  try {
    yield { type: 'reset', reason: 'the watch starts' }
    while (!signal.aborted) {
      const startedAt = clock.now()
      try {
        for await (const event of follow(parts, lastEventId, signal)) {
          isDisconnected = false
          wasAccepted = true
          // Events without an id do not move the resume position.
          lastEventId = event.lastEventId || lastEventId
          if (event.item) yield event.item
          if (snapshot || event.item?.type !== 'reset') continue
          // The snapshot that would follow is not wanted: from now on, as at the beginning.
          lastEventId = ''
          break
        }
        throw new NetworkError('the registry ended the stream')
      } catch (error) {
        if (signal.aborted) return
        // Once the filter was accepted, a rejection comes from an intermediary, such as a proxy
        // without a registry behind it.
        if (!wasAccepted && isRegistryClientError(error) && !error.isTransient) throw error
        if (!isDisconnected) yield { type: 'disconnected', error }
        isDisconnected = true
        // A stream that always breaks after its first event must not reset the backoff.
        failures = clock.now() - startedAt < MAX_DELAY_MS ? failures + 1 : 1
        const random = clock.random()
        const delayMs = retryDelayMs(error, { failures, maxMs: MAX_DELAY_MS, random })
        await sleep(clock, delayMs, signal)
      }
    }
  } finally {
    release()
  }
}

interface StreamItem {
  readonly lastEventId: string
  readonly item: WatchEvent | LoadReport | undefined
}

/** Yields the events of one connection until it ends. */
async function* follow(
  parts: WatchParts,
  lastEventId: string,
  endSignal: AbortSignal,
): AsyncGenerator<StreamItem, void> {
  const { clock } = parts
  const idle = new AbortController()
  const { signal, release } = linkSignals([endSignal, idle.signal])
  let cancel = (): void => undefined
  const onActivity = (): void => {
    cancel()
    cancel = clock.setTimer(() => idle.abort(), IDLE_TIMEOUT_MS, false)
  }
  try {
    onActivity()
    const response = await open(parts, { lastEventId, signal })
    if (response.body === null) throw new NetworkError('the registry sent no response body')
    for await (const event of serverSentEvents(response.body, onActivity)) {
      const item = toWatchEvent(JSON.parse(event.data))
      yield { lastEventId: event.lastEventId, item }
    }
  } catch (error) {
    if (idle.signal.aborted) {
      throw new NetworkError(`no data received for ${IDLE_TIMEOUT_MS / 1000} s`, error)
    }
    throw isRegistryClientError(error)
      ? error
      : new NetworkError('the stream was interrupted', error)
  } finally {
    cancel()
    release()
  }
}

/** Opens a stream; falls back to one without loads if the registry is too old to support them. */
async function open(
  parts: WatchParts,
  options: { lastEventId: string; signal: AbortSignal },
): Promise<FetchResponse> {
  const { connection, filter, snapshot = true, loads, timeoutMs } = parts
  const { lastEventId, signal } = options
  const openWith = (extra: Readonly<Record<string, string>>) =>
    connection.open({
      method: 'GET',
      path: `/events${queryString(filter, { snapshot: String(snapshot), ...extra })}`,
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
    // If the filter is invalid instead, the second request is rejected as well.
    if (isApiError(error, 'VALIDATION_FAILED')) return openWith({})
    throw error
  }
}

/** Returns undefined for internal stream control events and for types added by later versions. */
function toWatchEvent(
  wire: WireEvent | SnapshotEvent | StreamEvent | LoadsEvent,
): WatchEvent | LoadReport | undefined {
  switch (wire.type) {
    case 'reset':
      return { type: 'reset', reason: wire.reason ?? 'the registry starts over' }
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
