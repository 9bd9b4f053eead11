/** The errors of every operation that changes one agent. */
export const CHANGE_ERRORS = [
  'AGENT_OWNED',
  'AGENT_NOT_FOUND',
  'SUPERSEDED',
  'PRECONDITION_FAILED',
  'VALIDATION_FAILED',
  'OVERLOADED',
  'STORAGE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
] as const
