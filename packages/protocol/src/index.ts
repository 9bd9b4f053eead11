export {
  AGENT_ID_PATTERN,
  Agent,
  AgentId,
  AgentStatus,
  heartbeatIntervalSeconds,
  Load,
  PRINTABLE_PATTERN,
  RegisteredAgent,
  Registration,
} from './agent.ts'
export { ERROR_CODES, type ErrorCode } from './error-codes.ts'
export { Health, Probe } from './health.ts'
export {
  DeletedAgent,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
} from './heartbeat.ts'
export { LIMITS } from './limits.ts'
export { openApiDocument } from './openapi.ts'
export { OPERATIONS, type Operation, type OperationId } from './operations.ts'
export {
  PROBLEM_MEDIA_TYPE,
  ProblemDetails,
  ProblemPointer,
  problemDetails,
} from './problem-details.ts'
