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

/**
 * Limits of the server: how much it holds, does at once, or waits for. Everything that enforces one
 * reads its value here, and `docs/limits.md` is written from this table and `WIRE_LIMITS`.
 */
export const SERVER_LIMITS = {
  // Searching and indexes
  searchableValues: {
    what: 'Values in the metadata of an agent that indexes and searches know',
    value: 256,
    unit: '',
    beyond:
      'The others are still found by `metadata.KEY=VALUE`, by looking at the agent; the words of a ' +
      'search do not find them, and Prometheus gets no labels of them',
  },
  searchableCharacters: {
    what: 'Those values, each with the path that leads to it',
    value: 16_384,
    unit: 'characters',
    beyond: 'The same',
  },
  // Queries
  queries: {
    what: 'Queries that run at once: lists, targets, pages of events, histories',
    value: 256,
    unit: '',
    beyond: 'They wait; the clients take turns',
  },
  queriesOfClient: {
    what: 'Queries of one client (an IPv4 address, an IPv6 /64) that run at once',
    value: 128,
    unit: '',
    beyond: 'They wait',
  },
  waitingQueries: {
    what: 'Queries that wait, half of them of one client',
    value: 1000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  queryWait: {
    what: 'Time that a query waits',
    value: 5,
    unit: 'seconds',
    beyond: '503 `OVERLOADED`',
  },
  queryTime: {
    what: 'Time that a query runs',
    value: 30,
    unit: 'seconds',
    beyond: 'It ends: 503 `OVERLOADED`, or, in the middle of a response, the connection',
  },
  // Streams
  feedBacklog: {
    what: 'Changes that wait in memory to be sent to the streams',
    value: 5000,
    unit: '',
    beyond: 'They are read from the history when it is their turn',
  },
  streams: {
    what: 'Streams of the change feed that are open, one on each connection',
    value: 10_000,
    unit: '',
    setting: 'max-streams',
    beyond: '503 `OVERLOADED`',
  },
  streamBytes: {
    what: 'Bytes that wait for the reader of a stream',
    value: 1024 * 1024,
    unit: 'bytes',
    beyond: 'the reader gets no more at once, and goes through the history at its own pace',
  },
  streamBytesInAll: {
    what: 'Bytes that wait for the readers of all streams; each has a share, of at least 64 KiB',
    value: 128 * 1024 * 1024,
    unit: 'bytes',
    beyond: 'the same, for each that has more than its share',
  },
  // Connections, requests and responses
  headersSeconds: {
    what: 'Time in which the headers of a request must arrive',
    value: 10,
    unit: 'seconds',
    beyond: '408 `REQUEST_TIMEOUT`, and the connection is closed',
  },
  requestSeconds: {
    what: 'Time in which a whole request must arrive',
    value: 30,
    unit: 'seconds',
    beyond: '408 `REQUEST_TIMEOUT`, and the connection is closed',
  },
  smallBodyBytes: {
    what: 'A body that counts as small, and must keep to no rate',
    value: 64 * 1024,
    unit: 'bytes',
    beyond: 'it counts as large',
  },
  smallBodyBytesInAll: {
    what: 'Memory for small bodies that arrive in pieces, all together',
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED` for the one that has been silent for longest',
  },
  bodyBytesInAll: {
    what: 'Memory for large bodies that arrive or are worked on, all together',
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED` for the one that has been silent for longest',
  },
  bodyBytesPerSecond: {
    what: 'The least rate of a large body, over 5 seconds',
    value: 8 * 1024,
    unit: 'bytes per second',
    beyond: '408 `REQUEST_TIMEOUT`, and the connection is closed',
  },
  responseBytesInAll: {
    what: 'Bytes of large responses that wait for their clients',
    value: 128 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED`',
  },
  responseBytesPerSecond: {
    what: 'The least rate at which a client takes a response or a stream, over 10 seconds',
    value: 4 * 1024,
    unit: 'bytes per second',
    beyond: 'the connection is closed; a stream says `closing` first',
  },
  connectionsPercent: {
    what: 'Connections that may be open, of those for which the system has files, before idle ones are closed',
    value: 90,
    unit: 'percent',
    beyond:
      'those that sent no request are closed, and those without a recent heartbeat, first of the ' +
      'client with the most; without such, the next connection is refused and leases stand still',
  },
  streamsPercent: {
    what: 'Connections that may be streams, of all that may be open',
    value: 80,
    unit: 'percent',
    beyond: '503 `OVERLOADED`',
  },
  pipelinedRequests: {
    what: 'POST requests of one connection that are worked on at once; other requests are alone',
    value: 64,
    unit: '',
    beyond: 'they wait, and the connection is not read on',
  },
  pipelinedWaiting: {
    what: 'Requests that wait on one connection',
    value: 2000,
    unit: '',
    beyond: 'the connection is closed',
  },
  pipelinedWaitingInAll: {
    what: 'Requests that wait on all connections',
    value: 20_000,
    unit: '',
    beyond: 'the connection is closed on which another one comes',
  },
  // History and transitions
  changeBurst: {
    what: 'Changes of status that an agent makes at once',
    value: 100,
    unit: '',
    beyond: 'The next ones follow at the rate below',
  },
  changesPerSecond: {
    what: 'Changes of status of an agent, after those',
    value: 5,
    unit: 'a second',
    beyond: 'They wait; of those that wait the newest is recorded, and acknowledges all of them',
  },
  changeShare: {
    what: 'Changes of one agent in the history, of any kind',
    value: 10,
    unit: '% of `--history-limit`',
    beyond: 'The next ones follow at the rate below',
  },
  leastChangeShare: {
    what: 'The same, if the history is short',
    value: 1000,
    unit: '',
    beyond: 'The same',
  },
  changesPerHour: {
    what: 'Changes of an agent, after those',
    value: 720,
    unit: 'an hour',
    beyond: 'They wait and are taken together, as above',
  },
  // SQLite
  historyReadsWaiting: {
    what: 'Reads of the history of a SQLite file, waiting or under way',
    value: 256,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  historySliceBytes: {
    what: 'What a read of the history takes from a SQLite file before others have their turn',
    value: 512 * 1024,
    unit: 'bytes',
    beyond: 'it goes on behind the others',
  },
  walBytes: {
    what: 'The write-ahead log of a SQLite file',
    value: 256 * 1024 * 1024,
    unit: 'bytes',
    beyond:
      'a warning, and heartbeats are kept in memory only, until no other program reads an old state',
  },
  walBytesInAll: {
    what: 'The same, with the changes that are written all the while',
    value: 1024 * 1024 * 1024,
    unit: 'bytes',
    beyond: 'changes are refused until it is emptied: 503 `STORAGE_UNAVAILABLE`',
  },
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
