import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { ManualClock } from '@rollcall/server/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AgentRecord } from '../../src/domain/agent-record.ts'
import type { AgentFilter } from '../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../src/domain/query/agent-matcher.ts'
import type { Transition, TransitionType } from '../../src/domain/transition.ts'
import { feedEvent } from '../../src/feed/feed-event.ts'
import { FILTER_EXAMPLES } from '../support/filter-examples.ts'
import { type AgentSketch, transitionBetween, transitionOf } from './support/sample-transition.ts'

const FILTERS: Readonly<Record<string, AgentFilter>> = {
  none: {},
  x: { capabilities: ['x'] },
  ready: { statuses: ['ready'] },
  expired: { statuses: ['expired'] },
  dead: { includeDead: true },
  'x dead': { capabilities: ['x'], includeDead: true },
}

/** In the table: listed from now on or still (`+`), not listed (`-`), no event (`.`). */
const NO_EVENT = '.'

/**
 * The event of each transition for each filter: all transitions that the lease rules allow, with
 * every change that is relevant for filters.
 */
const TABLE = `
type          before          after          | none            x               ready           expired         dead            x dead
registered    absent          alive ready x  | +registered     +registered     +registered     .               +registered     +registered
registered    absent          alive busy     | +registered     .               .               .               +registered     .
updated       alive ready x   alive ready x  | +updated        +updated        +updated        .               +updated        +updated
updated       alive ready     alive ready    | +updated        .               +updated        .               +updated        .
updated       alive ready     alive ready x  | +updated        +entered        +updated        .               +updated        +entered
updated       alive ready x   alive ready    | +updated        -left           +updated        .               +updated        -left
updated       alive busy x    alive ready x  | +updated        +updated        +entered        .               +updated        +updated
updated       alive ready x   alive busy x   | +updated        +updated        -left           .               +updated        +updated
updated       alive busy      alive ready x  | +updated        +entered        +entered        .               +updated        +entered
updated       alive ready x   alive busy     | +updated        -left           -left           .               +updated        -left
revived       dead ready x    alive ready x  | +revived        +revived        +revived        -left           +revived        +revived
revived       dead ready x    alive busy x   | +revived        +revived        .               -left           +revived        +revived
revived       dead busy       alive ready x  | +revived        +revived        +revived        -left           +revived        +revived
revived       dead ready x    alive ready    | +revived        -revived        +revived        -left           +revived        -left
revived       dead busy       alive busy     | +revived        .               .               -left           +revived        .
expired       alive ready x   dead ready x   | -expired        -expired        -expired        +entered        +expired        +expired
expired       alive busy      dead busy      | -expired        .               .               +entered        +expired        .
removed       dead ready x    dead ready x   | -removed        -removed        .               -removed        -removed        -removed
removed       dead busy       dead busy      | -removed        .               .               -removed        -removed        .
deregistered  alive ready x   alive ready x  | -deregistered   -deregistered   -deregistered   .               -deregistered   -deregistered
deregistered  alive busy      alive busy     | -deregistered   .               .               .               -deregistered   .
deregistered  dead ready x    dead ready x   | -deregistered   -deregistered   .               -deregistered   -deregistered   -deregistered
deregistered  dead busy       dead busy      | -deregistered   .               .               -deregistered   -deregistered   .
`

const [HEAD = '', ...ROWS] = TABLE.trim().split('\n')
const columns = (text: string) => text.trim().split(/ {2,}/)
const NAMES = columns(HEAD.split('|')[1] ?? '')

/** The cells of the table, each with its transition, filter and expected event. */
const CELLS = ROWS.flatMap((row) => {
  const [states = '', events = ''] = row.split('|')
  const [type, before, after] = columns(states)
  const transition = transitionOf(type as TransitionType, {
    before: before === 'absent' ? undefined : (before as AgentSketch),
    after: after as AgentSketch,
  })
  return columns(events).map((expected, at) => ({
    name: `${type}: ${before} -> ${after}`,
    filter: String(NAMES[at]),
    transition,
    expected,
  }))
})

function shown(transition: Transition, filter: AgentFilter): string {
  const event = feedEvent(transition, new AgentMatcher(filter))
  return event ? `${event.listed ? '+' : '-'}${event.type}` : NO_EVENT
}

test.each(CELLS)('$name results for the filter "$filter" in: $expected', (cell) => {
  expect(shown(cell.transition, FILTERS[cell.filter] ?? {})).toBe(cell.expected)
})

test('the table has every filter in every row', () => {
  expect(NAMES).toEqual(Object.keys(FILTERS))
  expect(CELLS).toHaveLength(ROWS.length * NAMES.length)
})

test.each(FILTER_EXAMPLES)('an agent leaves and enters a filter by $field', (example) => {
  const { filter, match, other } = example
  const leaving = transitionBetween('updated', { before: match, after: other })
  const entering = transitionBetween('updated', { before: other, after: match })
  expect([shown(leaving, filter), shown(entering, filter)]).toEqual(['-left', '+entered'])
})

/** An action on one of a few agents, or on all of them. */
const action = fc.oneof(
  fc.record({
    what: fc.constantFrom('register', 'register', 'heartbeat', 'delete'),
    agentId: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom('ready' as const, 'busy' as const),
    capabilities: fc.constantFrom([], ['x'], ['x', 'y']),
    tags: fc.constantFrom([], ['x']),
    zone: fc.constantFrom('1', '2'),
  }),
  fc.record({ what: fc.constantFrom('wait', 'wait', 'sweep', 'cleanup') }),
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

const anyFilter: fc.Arbitrary<Required<AgentFilter>> = fc.record({
  agentIds: fc.constantFrom(undefined, ['a', 'b*']),
  name: fc.constantFrom(undefined, 'Agent*', 'Agent a'),
  capabilities: fc.constantFrom(undefined, ['x'], ['x', 'y']),
  statuses: fc.constantFrom(
    undefined,
    ['ready' as const],
    ['expired' as const],
    ['busy' as const, 'expired' as const],
  ),
  tags: fc.constantFrom(undefined, ['x']),
  details: fc.constantFrom(undefined, { protocol: 'a2a' }),
  metadata: fc.constantFrom(undefined, [{ path: 'zone', value: '1' }]),
  text: fc.constantFrom(undefined, 'agent'),
  includeDead: fc.constantFrom(undefined, true, false),
})

async function perform(
  repository: MemoryAgentRegistryRepository,
  clock: ManualClock,
  doing: Action,
): Promise<void> {
  if ('agentId' in doing) {
    const { what, agentId, status, capabilities, tags, zone } = doing
    const registration = { agentId, agentName: `Agent ${agentId}`, host: 'h', port: 1 }
    const fields = { status, capabilities, tags, metadata: { zone }, ttlSeconds: 1 }
    if (what === 'register') await repository.add({ ...registration, ...fields })
    else if (what === 'heartbeat') await repository.updateHeartbeat(agentId, { status })
    else await repository.delete(agentId)
  } else if (doing.what === 'wait') clock.advance(600)
  else if (doing.what === 'sweep') await repository.expireLapsed()
  else await repository.deleteExpired()
}

describe('a reader that keeps the agents of listed events and drops the others', () => {
  test('holds the filtered list, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40 }),
        fc.array(anyFilter, { minLength: 1, maxLength: 4 }),
        async (actions, filters) => {
          const clock = new ManualClock()
          await using repository = new MemoryAgentRegistryRepository({ clock })
          const followers = filters.map((filter) => ({
            filter,
            matcher: new AgentMatcher(filter),
            held: new Map<string, AgentRecord>(),
          }))
          repository.subscribe((transitions) => {
            for (const { matcher, held } of followers) {
              for (const transition of transitions) {
                const event = feedEvent(transition, matcher)
                if (event?.listed) held.set(transition.agentId, transition.agent)
                else if (event) held.delete(transition.agentId)
              }
            }
          })
          for (const doing of actions) await perform(repository, clock, doing)
          // Agents that lapsed without a transition are already in the list of the dead.
          await repository.expireLapsed()
          for (const { filter, held } of followers) {
            const listed: AgentRecord[] = []
            for await (const page of repository.listAll(filter)) listed.push(...page)
            expect(held.values().map(visible).toArray().toSorted()).toEqual(listed.map(visible))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** The fields of an agent that change only by transitions. */
function visible({
  agentId,
  revision,
  status,
  alive,
  capabilities,
  metadata,
}: AgentRecord): string {
  return JSON.stringify({ agentId, revision, status, alive, capabilities, metadata })
}
