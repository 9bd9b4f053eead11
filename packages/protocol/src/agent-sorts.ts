/** The sort orders of a list; a leading `-` reverses the order. */
export const AGENT_SORTS = [
  'agent_id',
  'last_heartbeat',
  '-last_heartbeat',
  'registered_at',
  '-registered_at',
  'expires_at',
  '-expires_at',
  'load',
  '-load',
] as const
/** One of {@link AGENT_SORTS}. @useDeclaredType */
export type AgentSort = (typeof AGENT_SORTS)[number]
