/**
 * The wire contract: each type is also a value of the same name, its JSON Schema.
 *
 * @module @rollcall/protocol
 */

export {
  ACCESS_MODES,
  type AccessMode,
  CreatedToken,
  RevokedToken,
  SCOPES,
  type Scope,
  TOKEN_NAME_PATTERN,
  Token,
  TokenId,
  TokenName,
  TokenRequest,
  Whoami,
} from './access.ts'
export {
  AGENT_STATUSES,
  Agent,
  AgentStatus,
  Capability,
  heartbeatIntervalSeconds,
  Load,
  OVERLOAD_INTERVAL_FACTOR,
  RegisteredAgent,
  Registration,
  RegistrationWarning,
  Tag,
  VIEW_STATUSES,
  type ViewStatus,
} from './agent.ts'
export { type AgentDetails, DETAIL_SCHEMAS, type DetailSchema } from './agent-details.ts'
export { AGENT_ID_PATTERN, AgentId } from './agent-id.ts'
export { AGENT_IDS_PATTERN, AgentIdPattern } from './agent-id-pattern.ts'
export {
  type AgentFields,
  type RegistrationField,
  type RegistrationFields,
  type RegistrationNames,
  toRegistration,
} from './agent-names.ts'
export { AGENT_SORTS, type AgentSort } from './agent-sorts.ts'
export { bracketedHost } from './bracketed-host.ts'
export type { CamelCase } from './camel-case.ts'
export { CapabilityCount, CapabilityList } from './capability-list.ts'
export {
  CARD_FORMATS,
  Card,
  type CardFormat,
  CardReceipt,
  CardSignature,
  CardVerification,
  CardWarning,
  RegisteredCard,
} from './card.ts'
export {
  AGENT_DETAILS,
  type AgentDetail,
  type DetailFilter,
  type DetailWireName,
  detailsOf,
  type FilterName,
  type GivenDetails,
  mapDetailFilters,
  mapDetails,
  NO_DETAILS,
  type ShownDetails,
  type WireDetails,
  wireDetailsOf,
} from './detail-names.ts'
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
export { ExpiryBrake, Health, Overload, Probe, RegistryDescription } from './health.ts'
export {
  CleanupReceipt,
  DeletedAgent,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
} from './heartbeat.ts'
export { INSTANCE_ID_PATTERN, InstanceId } from './instance-id.ts'
export { FLAPPING, LIMITS } from './limits.ts'
export {
  EndedMaintenance,
  Maintenance,
  MaintenanceEntry,
  MaintenanceRequest,
} from './maintenance.ts'
export { PRINTABLE_PATTERN, PRINTABLE_RULE } from './printable.ts'
export {
  PROBLEM_MEDIA_TYPE,
  ProblemDetails,
  ProblemPointer,
  problemDetails,
} from './problem-details.ts'
export { withoutPassword } from './without-password.ts'
