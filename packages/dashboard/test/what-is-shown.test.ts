import type { Health, Whoami } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { permissionsFor } from '../src/access/permissions.ts'
import { curlCommands } from '../src/agent/curl-commands.ts'
import { prefixesOf } from '../src/agent/who-else.tsx'
import { deadlineText } from '../src/agents/agent-row.tsx'
import { alertsOf } from '../src/app/alerts.ts'
import { formatDuration, formatRate } from '../src/components/durations.ts'
import { lateAmong } from '../src/fleet/about-to-lapse.tsx'
import { agent, HEARTBEAT_MS } from './sample-agents.ts'

describe('a user may', () => {
  const whoami = (more: Partial<Whoami>): Whoami => ({
    ...{ kind: 'token', name: 'ci', scope: 'agent', agents: ['team-a:*', 'one'], reads: null },
    ...more,
  })
  const NOTHING = { canDrain: false, canDeregister: false }

  test.each([
    ['nothing, as long as the registry has not said who it is', undefined, 'one', null, NOTHING],
    ['nothing with the scope read', whoami({ scope: 'read' }), 'one', null, NOTHING],
    [
      'everything as an admin',
      whoami({ scope: 'admin' }),
      'x',
      'y',
      { canDrain: true, canDeregister: true },
    ],
    [
      'deregister an agent of its patterns',
      whoami({}),
      'team-a:1',
      null,
      { canDrain: false, canDeregister: true },
    ],
    ['deregister its own agent', whoami({}), 'one', 'ci', { canDrain: false, canDeregister: true }],
    ['not deregister that of another', whoami({}), 'one', 'cd', NOTHING],
    ['not deregister one outside of its patterns', whoami({}), 'one-2', null, NOTHING],
  ])('%s', (_what, who, agentId, owner, expected) => {
    expect(permissionsFor(who, { agentId, owner })).toEqual(expected)
  })
})

describe('the banner', () => {
  const health: Health = {
    status: 'healthy',
    registered_agents: 1,
    active_agents: 1,
    expiry_brake: null,
    overload: null,
    flapping_agents: 0,
    access: 'open',
    revision: 1,
    epoch: 'e',
    branch: 'b',
    version: '0',
    uptime_seconds: 1,
  }
  const inContact = { isLost: false, lastMs: HEARTBEAT_MS }
  const titles = (more: Partial<Health>, contact = inContact) =>
    alertsOf({ ...health, ...more }, contact, HEARTBEAT_MS).map(({ title }) => title)

  test('is empty while all is well, or nothing is known yet', () => {
    expect(titles({})).toEqual([])
    expect(alertsOf(undefined, inContact, 0)).toEqual([])
  })

  test('says everything that is wrong', () => {
    const at = new Date(HEARTBEAT_MS).toISOString()
    const found = titles({
      status: 'unhealthy',
      expiry_brake: { since: at, ends_at: at, suspect_agents: 3, reason: 'many fell silent' },
      overload: {
        ...{ since: at, event_loop_delay_ms: 100 },
        ...{ refused_reads: 0.5, refused_changes: 0, refused_heartbeats: 0 },
      },
      flapping_agents: 1,
      access: 'insecure',
    })
    expect(found).toEqual([
      'The store is down',
      'Mass expiry held back',
      'The registry is overloaded',
      'An agent is flapping',
      'No access control',
    ])
    expect(titles({ flapping_agents: 2 })).toEqual(['2 agents are flapping'])
  })

  test('says only that the connection is lost, if it is: all else is old', () => {
    const lost = { isLost: true, lastMs: HEARTBEAT_MS }
    expect(titles({ status: 'unhealthy' }, lost)).toEqual(['Disconnected from the registry'])
  })
})

test('agents are about to lapse once a third of their TTL is left', () => {
  const due = (id: string, seconds: number, more = {}) =>
    agent(id, { expiresAt: new Date(HEARTBEAT_MS + seconds * 1000), ...more })
  const agents = [
    due('gone', 1, { isAlive: false }),
    due('lapsed since', 0),
    due('later', 2),
    due('late', 20),
    due('fine', 21),
  ]
  expect(lateAmong(agents, HEARTBEAT_MS).map(({ agentId }) => agentId)).toEqual(['later', 'late'])
})

test.each([
  [1500, true, '1\u00a0s left'],
  [1, true, '0\u00a0s left'],
  [1, false, '0\u00a0s ago'],
  [0, true, '0\u00a0s ago'],
  [-90_000, false, '90\u00a0s ago'],
])('a deadline %d ms from now, of an agent that is alive: %s, is %j', (ms, isAlive, text) => {
  const lease = { expiresAt: new Date(HEARTBEAT_MS + ms), isAlive }
  expect(deadlineText(lease, HEARTBEAT_MS)).toBe(text)
})

test.each([
  ['team-a:web-1', ['team-', 'team-a:', 'team-a:web-']],
  ['a.b.c.d.e', ['a.', 'a.b.', 'a.b.c.']],
  ['alone', []],
  ['-x-', []],
])('the ids that are like %s begin with %j', (id, prefixes) => {
  expect(prefixesOf(id)).toEqual(prefixes)
})

test.each([
  [-5, '0 s'],
  [99_900, '99 s'],
  [100_000, '1 min'],
  [5_999_000, '99 min'],
  [6_000_000, '1 h'],
  [172_800_000, '2 d'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text.replace(' ', '\u00a0'))
})

test('rates have a digit only if they are small', () => {
  expect([0, 0.26, 9.94, 10, 1234.5].map(formatRate)).toEqual(['0', '0.3', '9.9', '10', '1,235'])
})

test('commands are quoted for a shell', () => {
  expect(curlCommands.drain('http://r', 'a:1', "it's")).toBe(
    `curl -X PUT 'http://r/agents/a%3A1/maintenance' -H 'content-type: application/json' -d '{"reason":"it'\\''s"}'`,
  )
  expect(curlCommands.deregister('http://r', 'a')).toBe("curl -X DELETE 'http://r/agents/a'")
})
