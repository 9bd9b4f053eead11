import type { Limit } from './limit.ts'

/** Limits of the PostgreSQL back-end. */
export const POSTGRES_LIMITS = {
  postgresStatementMs: {
    what: 'Duration of a PostgreSQL statement, and of the wait for a connection',
    value: 5000,
    unit: 'milliseconds',
    beyond: 'cancelled on the server; 503 `STORAGE_UNAVAILABLE`',
  },
  postgresListMs: {
    what: 'Reading a page of a list or of the history from PostgreSQL',
    value: 15_000,
    unit: 'milliseconds',
    beyond: 'cancelled on the server; 503 `STORAGE_UNAVAILABLE`',
  },
  postgresLockMs: {
    what: 'Wait for a PostgreSQL lock',
    value: 2000,
    unit: 'milliseconds',
    beyond: '503 `STORAGE_UNAVAILABLE`, and changes are rejected until a probe obtains the lock',
  },
  postgresHeartbeatLockMs: {
    what: 'Wait of a heartbeat batch for an agent that is locked in PostgreSQL',
    value: 50,
    unit: 'milliseconds',
    beyond: 'the other heartbeats proceed without it, and it waits with the changes',
  },
  postgresCancelMs: {
    what: 'Wait for PostgreSQL to confirm that a statement was cancelled',
    value: 1000,
    unit: 'milliseconds',
    beyond: 'the connection is closed; 503 `OUTCOME_UNKNOWN` for a change',
  },
  postgresProbeMs: {
    what: 'Test write to PostgreSQL for the readiness probe',
    value: 2000,
    unit: 'milliseconds',
    beyond: '`/health/ready` responds with 503, and changes are rejected',
  },
  postgresHeartbeatWaitMs: {
    what: 'Wait of a heartbeat for PostgreSQL',
    value: 5000,
    unit: 'milliseconds',
    beyond: '503 `STORAGE_UNAVAILABLE`',
  },
  postgresWaitingHeartbeats: {
    what: 'Heartbeats waiting for PostgreSQL',
    value: 100_000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresWaitingTransitions: {
    what: 'Registrations and other changes waiting for PostgreSQL',
    value: 10_000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresWaitingStatements: {
    what: 'Statements waiting for a PostgreSQL connection',
    value: 1000,
    unit: '',
    beyond: '503 `STORAGE_UNAVAILABLE`',
  },
  postgresWaitingReads: {
    what: 'Reads of lists and histories waiting for PostgreSQL',
    value: 200,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  postgresReadWaitMs: {
    what: 'Wait of a list or history for PostgreSQL',
    value: 10_000,
    unit: 'milliseconds',
    beyond: '503 `OVERLOADED`',
  },
  postgresWordsBytes: {
    what: 'Search text that one statement adds to the PostgreSQL index',
    value: 512 * 1024,
    unit: 'bytes',
    beyond: 'the next statement adds the rest',
  },
  postgresSteadyClockMs: {
    what: 'Time since the last jump of the PostgreSQL clock',
    value: 600_000,
    unit: 'milliseconds',
    beyond: 'until then, nothing is removed from the history because of its age',
  },
} as const satisfies Record<string, Limit>
