/**
 * The client for agents and for callers that discover them. Runs wherever `fetch` is available.
 *
 * @module @rollcall/client
 */

export { AgentGroup, type GroupEvents } from './agent/agent-group.ts'
export type { HealthCheckOptions } from './agent/health-check.ts'
export { AgentRegistryClient } from './agent-registry-client.ts'
export type { ClientEvents } from './client-events.ts'
export type { ClientLogger } from './client-logger.ts'
export { type ClientClock, systemClock } from './clock.ts'
export type { AgentFilter, AgentQuery } from './discovery/agent-query.ts'
export { LiveView, type ViewListener } from './discovery/live-view.ts'
export type { PickStrategy } from './discovery/pick.ts'
export type { LoadReport, WatchEvent } from './discovery/watch.ts'
export {
  DiscoveryClient,
  type DiscoveryOptions,
  type LiveViewOptions,
  type WatchOptions,
} from './discovery-client.ts'
export { ApiError, isApiError } from './errors/api-error.ts'
export { isRegistryClientError, RegistryClientError } from './errors/client-error.ts'
export { isNetworkError, NetworkError } from './errors/network-error.ts'
export { isTimeoutError, TimeoutError } from './errors/timeout-error.ts'
export type {
  AgentOptions,
  ClientOptions,
  ConnectionOptions,
  GivenCard,
  JoinFromCardOptions,
  JoinOptions,
} from './options/client-options.ts'
export { callRegistry, type RegistryCall } from './registry-call.ts'
export { TokenApi } from './token-api.ts'
export type {
  CallOptions,
  ChangeOptions,
  Fetch,
  FetchRequest,
  FetchResponse,
} from './transport/call.ts'
export type { CallHeaders, Supplied } from './transport/call-headers.ts'
export type { CardApi } from './transport/card-api.ts'
export type { AgentStatus, HeartbeatReport } from './transport/heartbeat-report.ts'
export { type HeartbeatsNotAccepted, RegistryApi } from './transport/registry-api.ts'
export type {
  Agent,
  AgentEvent,
  AgentLoad,
  Maintenance,
  MaintenanceDecision,
  MaintenanceEntry,
} from './transport/wire.ts'
