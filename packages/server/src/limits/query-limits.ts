import type { Limit } from './limit.ts'

/** What is indexed, and how many queries run. */
export const QUERY_LIMITS = {
  // Searching and indexes
  searchableValues: {
    what: 'Values in the metadata of an agent that indexes and searches know',
    value: 256,
    unit: '',
    beyond:
      'the others are still found by `metadata.KEY=VALUE`, by looking at the agent; the words of a ' +
      'search do not find them, and Prometheus gets no labels of them',
  },
  searchableCharacters: {
    what: 'Those values, each with the path that leads to it',
    value: 16_384,
    unit: 'characters',
    beyond: 'the same',
  },
  // Queries
  queries: {
    what: 'Queries that run at once: lists, targets, pages of events, histories',
    value: 256,
    unit: '',
    beyond: 'they wait; the clients take turns',
  },
  queriesOfClient: {
    what: 'Queries of one client (an IPv4 address, an IPv6 /64) that run at once',
    value: 128,
    unit: '',
    beyond: 'they wait',
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
    beyond: 'it ends: 503 `OVERLOADED`, or, in the middle of a response, the connection',
  },
} as const satisfies Record<string, Limit>
