import type { Limit } from './limit.ts'

/** Streams, connections, requests and responses. */
export const CONNECTION_LIMITS = {
  // Streams
  feedBacklog: {
    what: 'Changes that wait in memory to be sent to the streams',
    value: 5000,
    unit: '',
    beyond: 'they are read from the history when it is their turn',
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
  pagesOfStreams: {
    what: 'Streams that catch up and hold a page of agents or changes in memory at once',
    value: 8,
    unit: '',
    beyond: 'the others wait; a stream whose client does not read gives its page up',
  },
  // Connections, requests and responses
  readsWhileArriving: {
    what: 'Requests that only read and begin in a round of the event loop in which connections arrive',
    value: 1,
    unit: '',
    beyond: 'they wait, in order; not so health and metrics',
  },
  backlog: {
    what: 'Connections that wait to be accepted; the system may allow fewer (`net.core.somaxconn`)',
    value: 65_535,
    unit: '',
    beyond: 'the system drops them, and the client tries again a second later',
  },
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
} as const satisfies Record<string, Limit>
