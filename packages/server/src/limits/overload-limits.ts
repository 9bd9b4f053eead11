import type { Limit } from './limit.ts'

/** When the registry refuses requests because its event loop is late, and in which order. */
export const OVERLOAD_LIMITS = {
  requestsPerTurn: {
    what: 'Requests that are started in one turn of the event loop',
    value: 256,
    unit: '',
    beyond: 'they wait for the next turn, a connection at a time',
  },
  delayForReads: {
    what: 'Mean delay of the event loop, or of the requests that wait for a turn of it, in three windows of 200 milliseconds in a row, each with half of a processor in use and at least 20 requests',
    value: 50,
    unit: 'milliseconds',
    beyond:
      '503 `OVERLOADED` for a share of the lists, searches, reads of agents and new streams. It grows while the ' +
      'delay is above this limit, shrinks slowly below it, and quickly below half of it',
  },
  delayForChanges: {
    what: 'The same, once all of those are refused',
    value: 80,
    unit: 'milliseconds',
    beyond: '503 `OVERLOADED` for a share of the registrations',
  },
  delayForHeartbeats: {
    what: 'The same, once all registrations are refused as well',
    value: 500,
    unit: 'milliseconds',
    beyond:
      '503 `OVERLOADED` for at most half of the heartbeats and deregistrations, while leases are suspended. ' +
      'Health, metrics and what operators decide are never refused',
  },
  refusalHold: {
    what: 'Time for which the refusal of a read or a registration is held back while the registry is overloaded',
    value: 1000,
    unit: 'milliseconds',
    beyond: 'it is sent. A client that repeats its requests at once would otherwise keep it busy',
  },
  heldRefusals: {
    what: 'Refusals that are held back at once',
    value: 4096,
    unit: '',
    beyond: 'the oldest is sent at once',
  },
  overloadPatience: {
    what: 'Time for which an overload lasts before agents are asked for fewer heartbeats',
    value: 5,
    unit: 'seconds',
    beyond:
      '`heartbeat_interval_seconds` is half of the TTL instead of a third, until the overload has ended',
  },
} as const satisfies Record<string, Limit>
