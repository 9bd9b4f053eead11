import type { Limit } from './limit.ts'

/** How many agents there may be, and what one caller may use: a token, or an address without one. */
export const CALLER_LIMITS = {
  agents: {
    what: 'Agents, expired ones included until they are removed; approximate on PostgreSQL: by registrations in flight on several nodes, by changes that arrive more than a second late, and by agents that are removed while they register again',
    value: 1_000_000,
    unit: '',
    setting: 'max-agents',
    beyond:
      '507 `REGISTRY_FULL` for the registration of a new agent; those that are registered are not affected',
  },
  agentsPerCaller: {
    what: 'Agents that one principal owns, expired ones included until they are removed; 0: as many as there may be; approximate on several nodes',
    value: 0,
    unit: '',
    setting: 'max-agents-per-caller',
    beyond:
      '429 `QUOTA_EXCEEDED` for the registration of a new agent by this principal; its others are not affected, nor are admins and callers without a token',
  },
  heapPercent: {
    what: 'Share of the heap in use after a garbage collection; Node sets its size by the memory of the machine, and `NODE_OPTIONS=--max-old-space-size=2048` to 2 GiB',
    value: 80,
    unit: 'percent',
    beyond: 'the same',
  },
  rateLimit: {
    what: 'Requests of one caller other than heartbeats (a token, or an address without one), with a burst of one second',
    value: 1000,
    unit: 'a second',
    setting: 'rate-limit',
    beyond: '429 `RATE_LIMITED`; not while only this machine reaches the registry',
  },
  heartbeatRateLimit: {
    what: 'Heartbeats of one caller, with a burst of one second; each begun 4 KiB of a batch count as one',
    value: 10_000,
    unit: 'a second',
    setting: 'heartbeat-rate-limit',
    beyond: 'the same',
  },
  rememberedCallers: {
    what: 'Callers whose rate is known at once',
    value: 100_000,
    unit: '',
    beyond: 'further ones share the rate of one caller',
  },
  streamsPerCaller: {
    what: 'Open streams of one caller',
    value: 1000,
    unit: '',
    setting: 'max-streams-per-caller',
    beyond: '429 `QUOTA_EXCEEDED`; not while only this machine reaches the registry',
  },
  filters: {
    what: 'Different filters of open streams',
    value: 5000,
    unit: '',
    beyond: '503 `OVERLOADED`',
  },
  filtersPercent: {
    what: 'Share of these filters that one caller may follow',
    value: 50,
    unit: 'percent',
    beyond: '429 `QUOTA_EXCEEDED`',
  },
} as const satisfies Record<string, Limit>
