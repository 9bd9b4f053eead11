import type { Limit } from './limit.ts'

/** Limits of indexes and queries. */
export const QUERY_LIMITS = {
  // Searching and indexes
  searchableValues: {
    what: 'Indexed and searchable metadata values of an agent',
    value: 256,
    unit: '',
    beyond:
      '`metadata.KEY=VALUE` still finds the others, by reading the agent; a text search does not, and ' +
      'they do not become Prometheus labels',
  },
  searchableCharacters: {
    what: 'Total size of those values, each with its path',
    value: 16_384,
    unit: 'characters',
    beyond: 'the same',
  },
  countedCapabilities: {
    what: 'Different capabilities that are counted for a caller that sees only some agents',
    value: 10_000,
    unit: '',
    beyond: 'the others are left out, and the response says so',
  },
  // Queries
  queries: {
    what: 'Concurrent queries: lists, targets, pages of events, histories',
    value: 256,
    unit: '',
    beyond: 'they wait and are admitted round-robin by client',
  },
  queriesOfClient: {
    what: 'Concurrent queries of one client (an IPv4 address or an IPv6 /64)',
    value: 128,
    unit: '',
    beyond: 'they wait',
  },
  waitingQueries: {
    what: 'Waiting queries, at most half of them of one client',
    value: 1000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  queryWait: {
    what: 'Time for which a query waits',
    value: 5,
    unit: 'seconds',
    beyond: '503 `OVERLOADED`',
  },
  queryTime: {
    what: 'Time for which a query runs',
    value: 30,
    unit: 'seconds',
    beyond: '503 `OVERLOADED`, or the connection is closed if the response has begun',
  },
} as const satisfies Record<string, Limit>
