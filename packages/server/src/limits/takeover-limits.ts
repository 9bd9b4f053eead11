import { FLAPPING } from '@rollcall/protocol'
import type { Limit } from './limit.ts'

/** Instances of one agent that take over from each other again and again. */
export const TAKEOVER_LIMITS = {
  takeovers: {
    what: `Takeovers of one agent within ${FLAPPING.windowSeconds} seconds`,
    value: FLAPPING.takeovers,
    unit: '',
    beyond:
      'from this number on, the agent is flapping: a warning in the log, `rollcall_flapping_agents`, ' +
      '`flapping_agents` of `/health`, and a note of `rollcall get`, `history` and `doctor`',
  },
  takeoverAgents: {
    what: 'Agents whose takeovers a node remembers',
    value: 10_000,
    unit: '',
    beyond: 'it forgets those whose last takeover is the longest ago',
  },
  takeoverLines: {
    what: 'Lines in the log about flapping agents; one agent causes one in that time',
    value: 8,
    unit: 'a minute',
    beyond: 'the metrics still count',
  },
} as const satisfies Record<string, Limit>
