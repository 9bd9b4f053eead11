import type { Limit } from './limit.ts'

/** The database of several nodes. */
export const POSTGRES_LIMITS = {
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
