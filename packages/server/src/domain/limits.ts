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
    value: 64,
    unit: '',
    beyond: 'They wait; the clients take turns',
  },
  queriesOfClient: {
    what: 'Queries of one client (an IPv4 address, an IPv6 /64) that run at once',
    value: 32,
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
  // Connections, requests and responses
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
    what: 'Changes of status of one agent in the history',
    value: 10,
    unit: '% of `--history-limit`',
    beyond: 'The next ones follow at the rate below',
  },
  changesPerHour: {
    what: 'Changes of status of an agent, after those',
    value: 720,
    unit: 'an hour',
    beyond: 'They wait and are taken together, as above',
  },
  // SQLite
  // PostgreSQL
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
