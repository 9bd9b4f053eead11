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
    beyond: 'a warning; it is emptied as soon as no other program reads an old state',
  },
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
