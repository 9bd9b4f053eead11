export type SqlValue = string | number | null

/**
 * The columns that hold an agent, in the tables `agents` and `transitions` alike. Times are Unix
 * milliseconds; `lease_deadline` is lease time, which stands still while the registry is away.
 */
export const AGENT_COLUMNS = [
  'agent_id',
  'agent_name',
  'host',
  'port',
  'last_heartbeat',
  'ttl_seconds',
  'metadata',
  'registered_at',
  'metadata_given_as',
  'capabilities',
  'version',
  'url',
  'status',
  'load',
  'expires_at',
  'lease_deadline',
  'expired',
  'revision',
] as const

/** A row as SQLite gives it back. */
export type AgentRow = Readonly<Record<(typeof AGENT_COLUMNS)[number], SqlValue>>
