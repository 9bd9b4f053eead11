import { LIMITS } from '@rollcall/protocol'

/** A limit of the registry, as the reference page shows it. */
export interface Limit {
  /** What is limited, in a few words. */
  readonly what: string
  /** The default, or what it always is. */
  readonly value: number
  /** Of the value; empty for a count. */
  readonly unit: string
  /** The flag of the setting that changes it; undefined: it is fixed. */
  readonly setting?: string
  /** What happens beyond it. */
  readonly beyond: string
}

const REFUSED = '422 `VALIDATION_FAILED`'

/**
 * Limits of the server: how much it holds, does at once, or waits for. Everything that enforces one
 * reads its value here, and `docs/limits.md` is written from this table and {@link WIRE_LIMITS}.
 */
export const SERVER_LIMITS = {
  // Searching and indexes
  // Queries
  // Streams
  // Connections, requests and responses
  // History and transitions
  // SQLite
  // PostgreSQL
  postgresStatementMs: {
    what: 'A statement on PostgreSQL, and the wait for a connection to it',
    value: 5000,
    unit: 'milliseconds',
    beyond: 'cancelled at the server; 503 `STORAGE_UNAVAILABLE`',
  },
  postgresListMs: {
    what: 'A page of a list or of the history on PostgreSQL',
    value: 15_000,
    unit: 'milliseconds',
    beyond: 'cancelled at the server; 503 `STORAGE_UNAVAILABLE`',
  },
  postgresLockMs: {
    what: 'The wait for a lock on PostgreSQL',
    value: 2000,
    unit: 'milliseconds',
    beyond: '503 `STORAGE_UNAVAILABLE`, and changes are refused until a probe gets the lock',
  },
  postgresHeartbeatLockMs: {
    what: 'The wait of heartbeats for an agent that is locked on PostgreSQL',
    value: 50,
    unit: 'milliseconds',
    beyond: 'the others go without it, it waits with the changes',
  },
  postgresCancelMs: {
    what: 'The wait for PostgreSQL to confirm that a statement is cancelled',
    value: 1000,
    unit: 'milliseconds',
    beyond: 'the connection is closed; of a change 503 `OUTCOME_UNKNOWN`',
  },
  postgresProbeMs: {
    what: 'The write on PostgreSQL that readiness waits for',
    value: 2000,
    unit: 'milliseconds',
    beyond: '`/health/ready` answers 503, and changes are refused',
  },
  postgresHeartbeatWaitMs: {
    what: 'The wait of a heartbeat for PostgreSQL to take it',
    value: 5000,
    unit: 'milliseconds',
    beyond: '503 `STORAGE_UNAVAILABLE`',
  },
  postgresWaitingHeartbeats: {
    what: 'Heartbeats that wait for PostgreSQL',
    value: 100_000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresWaitingTransitions: {
    what: 'Registrations and other changes that wait for PostgreSQL',
    value: 10_000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresWaitingStatements: {
    what: 'Statements that wait for one of the connections to PostgreSQL',
    value: 1000,
    unit: '',
    beyond: '503 `STORAGE_UNAVAILABLE`',
  },
  postgresWaitingReads: {
    what: 'Lists and histories that wait for PostgreSQL',
    value: 200,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresReadWaitMs: {
    what: 'The wait of a list or history for its turn on PostgreSQL',
    value: 10_000,
    unit: 'milliseconds',
    beyond: '503 `OVERLOADED`',
  },
  postgresWordsBytes: {
    what: 'Search text that one statement takes into the index of PostgreSQL',
    value: 512 * 1024,
    unit: 'bytes',
    beyond: 'the rest is taken in by the next one',
  },
  postgresSteadyClockMs: {
    what: 'The time for which the clock of PostgreSQL must not have leapt',
    value: 600_000,
    unit: 'milliseconds',
    beyond: 'until then nothing is removed from the history by its age',
  },
} as const satisfies Record<string, Limit>

/** The limits of the wire contract, by their names in `LIMITS` of `@rollcall/protocol`. */
export const WIRE_LIMITS: Readonly<Record<keyof typeof LIMITS, Limit>> = {
  agentIdCharacters: wire('An agent id', LIMITS.agentIdCharacters, 'characters'),
  nameCharacters: wire('An agent name, a host, a version', LIMITS.nameCharacters, 'characters'),
  urlCharacters: wire('The URL of an agent', LIMITS.urlCharacters, 'characters'),
  ttlSeconds: wire('A TTL (at least 1)', LIMITS.ttlSeconds.maximum, 'seconds'),
  metadataCharacters: wire('Metadata as JSON', LIMITS.metadataCharacters, 'characters'),
  capabilities: wire('Capabilities of an agent', LIMITS.capabilities, ''),
  capabilityCharacters: wire('A capability', LIMITS.capabilityCharacters, 'characters'),
  heartbeatsPerBatch: wire('Heartbeats in a batch', LIMITS.heartbeatsPerBatch, ''),
  metadataConditions: wire('Conditions on the metadata in a query', LIMITS.metadataConditions, ''),
  searchCharacters: wire('The words of a search', LIMITS.searchCharacters, 'characters'),
  pageSize: wire('Agents or events on a page', LIMITS.pageSize, ''),
  cursorCharacters: wire('A cursor', LIMITS.cursorCharacters, 'characters'),
  addressBytes: wire(
    'The address of a request: path and query',
    LIMITS.addressBytes,
    'bytes',
    '414 `URI_TOO_LONG`',
  ),
  bodyBytes: wire('A request body', LIMITS.bodyBytes, 'bytes', '413 `PAYLOAD_TOO_LARGE`'),
  batchBodyBytes: wire(
    'The body of a batch of heartbeats',
    LIMITS.batchBodyBytes,
    'bytes',
    '413 `PAYLOAD_TOO_LARGE`',
  ),
}

function wire(what: string, value: number, unit: string, beyond = REFUSED): Limit {
  return { what, value, unit, beyond }
}
