import fc from 'fast-check'
import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { Caller } from '../../domain/caller.ts'
import type { ChangeCondition } from '../../domain/change-condition.ts'
import type { Heartbeat, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { MaintenanceDecision } from '../../domain/maintenance.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import { ADMIN, ANN, ANYBODY, BO } from '../sample-callers.ts'
import { naiveSenderOf } from './naive-callers.ts'
import {
  CAPABILITY_LISTS,
  CARDS,
  details,
  METADATA,
  NAMES,
  query,
  TAG_LISTS,
} from './random-queries.ts'

/** An operation on both the store and the model. */
export type Operation =
  | {
      readonly kind: 'add'
      readonly registration: AgentRegistration
      readonly caller: Caller | undefined
    }
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat }
  | { readonly kind: 'heartbeats'; readonly heartbeats: readonly Heartbeat[] }
  | {
      readonly kind: 'delete'
      readonly agentId: string
      readonly condition: ChangeCondition
    }
  | {
      readonly kind: 'setCard'
      readonly agentId: string
      /** Null: it is removed. */
      readonly card: AgentCard | null
      readonly condition: ChangeCondition
    }
  | {
      readonly kind: 'maintenance'
      readonly pattern: string
      /** Null: it ends. */
      readonly decision: MaintenanceDecision | null
    }
  | { readonly kind: 'sweep' | 'cleanup' }
  /** From a revision given by `share`: 0 is the start of the history, 1 is its end. */
  | { readonly kind: 'eventsSince'; readonly share: number; readonly limit: number }
  /** Before a revision given by `share` in the same way. */
  | {
      readonly kind: 'historyOf'
      readonly agentId: string
      readonly share: number
      readonly limit: number
    }
  | { readonly kind: 'query'; readonly query: PagedQuery }
  | { readonly kind: 'advance'; readonly ms: number }
  /** To the next deadline, or a little before or after it. */
  | { readonly kind: 'advanceToDeadline'; readonly offsetMs: number }
  | { readonly kind: 'stepWall'; readonly ms: number }
  /** The query runs as soon as the store is open again. */
  | { readonly kind: 'restart'; readonly awayMs: number; readonly query: PagedQuery }

export type PagedQuery = AgentQuery & { readonly limit: number }

/** Few, so that operations interact; not in alphabetical order. */
export const AGENT_IDS = ['m', 'b', 'z:1', 'Z', 'b-1'] as const

/** Ids, and prefixes of which one contains another. */
const PATTERNS = [...AGENT_IDS, 'absent', 'b*', 'b-*', 'z:*', '*'] as const

const agentId = fc.constantFrom(...AGENT_IDS)

/** Few, so that instances take over from each other; undefined: not said. */
const instanceId = fc.constantFrom(undefined, undefined, 'one', 'two')

/** Mostly the application itself, so that not every second change is refused; undefined: it. */
const caller = fc.constantFrom(undefined, undefined, undefined, ANN, ANN, BO, ADMIN, ANYBODY)

const report: fc.Arbitrary<HeartbeatReport> = fc.record(
  { status: fc.constantFrom('ready', 'busy', 'draining'), load: fc.constantFrom(0, 0.5, 1) },
  { requiredKeys: [] },
)

const heartbeat: fc.Arbitrary<Heartbeat> = fc
  .tuple(agentId, report, fc.record({ instanceId, caller }))
  .map(([id, reported, condition]) => ({ agentId: id, ...reported, ...condition }))

/**
 * In a batch, one sender reports about an agent, and others at most renew its lease: which of two reports comes last is
 * not promised, as the heartbeats of each sender are merged. Requests do not mix callers.
 */
const batch: fc.Arbitrary<Heartbeat[]> = fc.array(heartbeat, { maxLength: 6 }).map((heartbeats) =>
  heartbeats.map((each) => {
    const first = heartbeats.find(({ agentId: id }) => id === each.agentId) as Heartbeat
    if (naiveSenderOf(each) === naiveSenderOf(first)) return each
    const { status: _, load: __, ...renewal } = each
    return renewal
  }),
)

const registration: fc.Arbitrary<AgentRegistration> = fc.record(
  {
    agentId,
    agentName: fc.constantFrom(...NAMES),
    host: fc.constantFrom('10.0.0.7', 'host.example'),
    port: fc.constantFrom(8000, 8001),
    ttlSeconds: fc.constantFrom(1, 2, 10, 60, 131, 132, 300, 86_400),
    metadata: fc.constantFrom(...METADATA),
    capabilities: fc.constantFrom(...CAPABILITY_LISTS),
    version: fc.constantFrom('1', null),
    details,
    tags: fc.constantFrom(...TAG_LISTS),
    card: fc.constantFrom(...CARDS),
    url: fc.constantFrom('http://10.0.0.7:8000', 'https://agent.example/', null),
    status: fc.constantFrom('ready', 'busy', 'draining'),
    load: fc.constantFrom(0, 0.5, 1, null),
    instanceId: fc.constantFrom('one', 'two', null),
  },
  { requiredKeys: ['agentId', 'agentName', 'host', 'port'] },
)

/** Null: the maintenance ends. */
const decision = fc.option(
  fc.record({ reason: fc.constantFrom('disk', 'upgrade'), by: fc.constantFrom('ann', 'bo') }),
)

const advanceMs = fc.oneof(
  fc.constantFrom(0, 1, 63, 64, 65, 999, 1_000, 9_999, 10_000, 131_072, 86_400_000),
  fc.integer({ min: 0, max: 150_000 }),
)

const share = fc.double({ min: 0, max: 1, noNaN: true })
const limit = fc.integer({ min: 1, max: 10 })
const HOUR = 3_600_000

const ALWAYS: readonly fc.WeightedArbitrary<Operation>[] = [
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add'), registration, caller }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('heartbeat'), heartbeat }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('heartbeats'),
      heartbeats: batch,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete'),
      agentId,
      condition: fc.record({ instanceId, caller }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('setCard'),
      agentId,
      card: fc.constantFrom(...CARDS),
      condition: fc.record({ instanceId, caller }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('maintenance'),
      pattern: fc.constantFrom(...PATTERNS),
      decision,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cleanup') }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('eventsSince'), share, limit }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('historyOf'), agentId, share, limit }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('query'), query }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance'), ms: advanceMs }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('advanceToDeadline'),
      offsetMs: fc.constantFrom(-251, -250, -1, 0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('stepWall'),
      ms: fc.constantFrom(HOUR, -HOUR, 1_000, -1_000),
    }),
  },
]

const RESTART: fc.WeightedArbitrary<Operation> = {
  weight: 1,
  arbitrary: fc.record({
    kind: fc.constant('restart'),
    awayMs: fc.constantFrom(0, 1, 10_000, HOUR),
    query,
  }),
}

/** Generates sequences of operations, with restarts for durable stores. */
export function operations(options: { restarts: boolean }): fc.Arbitrary<Operation[]> {
  const choices = options.restarts ? [...ALWAYS, RESTART] : ALWAYS
  return fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 40, size: 'max' })
}
