import type { Limit } from './limit.ts'

/** Streams, connections, requests and responses. */
export const CONNECTION_LIMITS = {
  // Streams
  feedBacklog: {
    what: 'Changes waiting in memory to be sent to streams',
    value: 5000,
    unit: '',
    beyond: 'they are read from the history when they are due',
  },
  streams: {
    what: 'Open streams of the change feed, one per connection',
    value: 10_000,
    unit: '',
    setting: 'max-streams',
    beyond: '503 `OVERLOADED`',
  },
  streamBytes: {
    what: 'Unsent bytes buffered for the reader of a stream',
    value: 1024 * 1024,
    unit: 'bytes',
    beyond: 'the reader receives no live events and catches up from the history at its own pace',
  },
  streamBytesInAll: {
    what: 'Unsent bytes buffered for all streams; each has a share of at least 64 KiB',
    value: 128 * 1024 * 1024,
    unit: 'bytes',
    beyond: 'the same, for each stream that exceeds its share',
  },
  pagesOfStreams: {
    what: 'Streams that hold a page of agents or changes in memory at once while catching up',
    value: 8,
    unit: '',
    beyond: 'the others wait; a stream whose client does not read releases its page',
  },
  // Connections, requests and responses
  readsWhileArriving: {
    what: 'Read requests started in one iteration of the event loop while connections arrive',
    value: 1,
    unit: '',
    beyond: 'they wait, in order, except for health and metrics',
  },
  backlog: {
    what: 'Connections waiting to be accepted; the system may allow fewer (`net.core.somaxconn`)',
    value: 65_535,
    unit: '',
    beyond: 'the system drops them, and the client retries a second later',
  },
  handshakeSeconds: {
    what: 'Time in which a TLS connection must be established',
    value: 10,
    unit: 'seconds',
    beyond: 'the connection is closed',
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
    what: 'Size of a small body, for which no minimum rate applies',
    value: 64 * 1024,
    unit: 'bytes',
    beyond: 'the body counts as large',
  },
  smallBodyBytesInAll: {
    what: 'Memory for all small bodies that arrive in several chunks',
    value: 16 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED` for the body that has been silent the longest',
  },
  bodyBytesInAll: {
    what: 'Memory for all large bodies that are being received or processed',
    value: 64 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED` for the body that has been silent the longest',
  },
  bodyBytesPerSecond: {
    what: 'Minimum rate of a large body, over 5 seconds',
    value: 8 * 1024,
    unit: 'bytes per second',
    beyond: '408 `REQUEST_TIMEOUT`, and the connection is closed',
  },
  responseBytesInAll: {
    what: 'Unsent bytes of all large responses',
    value: 128 * 1024 * 1024,
    unit: 'bytes',
    beyond: '503 `OVERLOADED`',
  },
  responseBytesPerSecond: {
    what: 'Minimum rate at which a client reads a response or a stream, over 10 seconds',
    value: 4 * 1024,
    unit: 'bytes per second',
    beyond: 'the connection is closed; a stream sends `closing` first',
  },
  connectionsPercent: {
    what: 'Share of the connections allowed by the open-file limit, before idle ones are closed',
    value: 90,
    unit: 'percent',
    beyond:
      'connections without a request or a recent heartbeat are closed, starting with the client ' +
      'that has the most; if there are none, the next connection is refused and leases are suspended',
  },
  streamsPercent: {
    what: 'Share of the allowed connections that may be streams',
    value: 80,
    unit: 'percent',
    beyond: '503 `OVERLOADED`',
  },
  pipelinedRequests: {
    what: 'POST requests of one connection in flight at once; other requests run alone',
    value: 64,
    unit: '',
    beyond: 'they wait, and the connection is paused',
  },
  pipelinedWaiting: {
    what: 'Requests waiting on one connection',
    value: 2000,
    unit: '',
    beyond: 'the connection is closed',
  },
  pipelinedWaitingInAll: {
    what: 'Requests waiting on all connections',
    value: 20_000,
    unit: '',
    beyond: 'the connection that sends another one is closed',
  },
} as const satisfies Record<string, Limit>
