import { expect } from 'vitest'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { positionOf } from '../../domain/query/agent-query.ts'
import type { StoreUnderTest } from '../store-under-test.ts'
import { type NaiveListed, naiveResult } from './naive-query.ts'
import type { NaiveRegistry } from './naive-registry.ts'
import type { PagedQuery } from './random-operations.ts'

/** Asks the store and the model the same, in one piece and page by page. */
export async function compareQuery(
  { store, model }: { store: StoreUnderTest; model: NaiveRegistry },
  { limit, ...query }: PagedQuery,
): Promise<void> {
  // First the query: what is asked before it could give the store time to make up an index.
  const whole = await store.list(query)
  const { aliveBy } = query
  const shown = await store.list({ includeDead: true, aliveBy })
  const expected = naiveResult(
    shown.map((agent) => toListed(agent, model, aliveBy)),
    query,
  )
  expect(idsOf(whole), 'the answer to a query').toEqual(expected)
  expect(whole, 'the records of an answer').toEqual(
    expected.map((id) => shown.find(({ agentId }) => agentId === id)),
  )
  const joined: AgentRecord[] = []
  for (let rest = expected.length; rest >= 0; rest -= limit) {
    const last = joined.at(-1)
    const after = last && positionOf(last, query.sort)
    const page = await store.list({ ...query, limit, after })
    expect(page.length, 'the size of a page').toBe(Math.min(rest, limit))
    joined.push(...page)
  }
  expect(idsOf(joined), 'the answer page by page').toEqual(expected)
}

/** What the model says of an agent, and from the store only what no contract lays down. */
function toListed(
  { agentId, lastHeartbeatMs }: AgentRecord,
  model: NaiveRegistry,
  aliveBy: PagedQuery['aliveBy'],
): NaiveListed {
  const known = model.agents.get(agentId)
  if (known === undefined) throw new Error(`the model knows nothing of ${agentId}`)
  const { said, registeredAtMs } = known
  return {
    agentId,
    agentName: said.agentName,
    capabilities: said.capabilities ?? [],
    metadata: said.metadata,
    status: said.status ?? '',
    load: said.load ?? null,
    registeredAtMs,
    lastHeartbeatMs: known.lastHeartbeatMs ?? lastHeartbeatMs,
    alive: aliveBy === 'transitions' ? !known.expired : model.isAlive(agentId),
  }
}

function idsOf(agents: readonly AgentRecord[]): string[] {
  return agents.map(({ agentId }) => agentId)
}
