/**
 * The wire contract: each type is also a value of the same name, its JSON Schema.
 *
 * @module @rollcall/protocol
 */

export {
  AGENT_ID_PATTERN,
  AGENT_STATUSES,
  Agent,
  AgentId,
  AgentStatus,
  Capability,
  heartbeatIntervalSeconds,
  Load,
  PRINTABLE_PATTERN,
  PRINTABLE_RULE,
  RegisteredAgent,
  Registration,
  RegistrationWarning,
  VIEW_STATUSES,
  type ViewStatus,
} from './agent.ts'
export {
  type AgentFields,
  type AgentNames,
  type RegistrationField,
  type RegistrationFields,
  type RegistrationNames,
  toRegistration,
} from './agent-names.ts'
export { AGENT_SORTS, type AgentSort } from './agent-sorts.ts'
export { bracketedHost } from './bracketed-host.ts'
export { ERROR_CODES, type ErrorCode, type ErrorRule } from './error-codes.ts'
export {
  AgentEvent,
  EVENT_TYPES,
  type EventType,
  LoadsEvent,
  SnapshotEvent,
  StreamEvent,
  TRANSITION_TYPES,
  type TransitionType,
} from './event.ts'
export { ExpiryBrake, Health, Probe, RegistryDescription } from './health.ts'
export {
  CleanupReceipt,
  DeletedAgent,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
} from './heartbeat.ts'
export { LIMITS } from './limits.ts'
export {
  PROBLEM_MEDIA_TYPE,
  ProblemDetails,
  ProblemPointer,
  problemDetails,
} from './problem-details.ts'
export { withoutPassword } from './without-password.ts'
