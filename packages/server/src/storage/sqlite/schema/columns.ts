export type SqlValue = string | number | null

/**
 * The columns of an agent, in both tables `agents` and `transitions`. Times are Unix milliseconds;
 * `lease_deadline` is lease time, which stands still while the registry is down.
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
  'updated_at',
  'metadata_given_as',
  'capabilities',
  'version',
  'details',
  'url',
  'status',
  'load',
  'instance_id',
  'incarnation',
  'owner',
  'expires_at',
  'lease_deadline',
  'expired',
  'revision',
  'suspect',
  'maintenance',
] as const

/** Their values, in the same order. */
export type AgentCells = CellsOf<typeof AGENT_COLUMNS>
type CellsOf<Columns extends readonly string[]> = { readonly [Place in keyof Columns]: SqlValue }

/** A row as SQLite returns it. */
export type AgentRow = Readonly<Record<(typeof AGENT_COLUMNS)[number], SqlValue>>
