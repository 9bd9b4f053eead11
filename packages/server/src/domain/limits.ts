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
  // History and transitions
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
