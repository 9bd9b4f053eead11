import type { AgentRegistryClient } from '../agent-registry-client.ts'
import type { ClientEvents } from '../client-events.ts'
import { ApiError, isApiError } from '../errors/api-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { JoinOptions } from '../options/client-options.ts'
import type { HeartbeatReport } from '../transport/heartbeat-report.ts'
import type { ClientTlsFiles } from './tls-agents.ts'

// Messages between an agent and the thread that sends its heartbeats.

/** The options that the thread needs to send heartbeats and to register the agent again. */
export type ThreadOptions = Omit<
  JoinOptions,
  'fetch' | 'clock' | 'heartbeatFrom' | 'signal' | 'logger' | 'check' | 'whenCheckFails'
> & { readonly logger?: null | undefined; readonly tls?: ClientTlsFiles | undefined }

export type ToThread =
  | { readonly kind: 'begin'; readonly options: ThreadOptions }
  | {
      readonly kind: 'report'
      readonly id: number
      readonly report: HeartbeatReport
      /** Whether to repeat the report until it arrives, or to send it once. */
      readonly repeats: boolean
    }
  | { readonly kind: 'stop' }

/** Events of the client in the thread, with their payloads. */
export type ThreadEvent = {
  [Name in keyof ClientEvents]: { readonly name: Name; readonly payload: ClientEvents[Name] }
}[keyof ClientEvents]

export type FromThread =
  | { readonly kind: 'started' }
  | { readonly kind: 'event'; readonly event: ThreadEvent }
  | { readonly kind: 'reported'; readonly id: number; readonly error?: PortError }
  | { readonly kind: 'stopped' }

/** An error without its class, which structured cloning does not preserve. */
export interface PortError {
  readonly message: string
  readonly status?: number
  readonly code?: string
  readonly incarnation?: number | undefined
}

export function toPort(error: unknown): PortError {
  const message = error instanceof Error ? error.message : String(error)
  if (!isApiError(error)) return { message }
  const { status, code, incarnation } = error
  return { message, status, code, incarnation }
}

export function fromPort({ message, status, code = 'UNKNOWN', incarnation }: PortError): Error {
  if (status === undefined) return new NetworkError(message)
  return new ApiError(message, { status, code, incarnation })
}

/** Forwards the events that matter in the thread of the agent. */
export function forward(client: AgentRegistryClient, emit: (event: ThreadEvent) => void): void {
  client.on('lost', (payload) => emit({ name: 'lost', payload }))
  client.on('reregistered', (payload) => emit({ name: 'reregistered', payload }))
  client.on('superseded', (payload) => emit({ name: 'superseded', payload }))
  client.on('recovered', (payload) => emit({ name: 'recovered', payload }))
  // An error may contain values that cannot be cloned.
  client.on('error', (error) => emit({ name: 'error', payload: toPort(error) }))
  client.on('late', ({ report, error }) =>
    emit({ name: 'late', payload: { report, error: toPort(error) } }),
  )
}
