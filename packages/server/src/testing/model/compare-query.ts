import { expect } from 'vitest'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { positionOf } from '../../domain/query/agent-query.ts'
import type { StoreUnderTest } from '../store-under-test.ts'
import { type NaiveListed, naiveResult } from './naive-query.ts'
import type { NaiveRegistry } from './naive-registry.ts'
import type { PagedQuery } from './random-operations.ts'

/** Runs a query on the store and the model, as a whole and page by page. */
export async function compareQuery(
  { store, model }: { store: StoreUnderTest; model: NaiveRegistry },
  { limit, ...query }: PagedQuery,
): Promise<void> {
  // The query comes first: an earlier read could give the store time to complete an index.
  const whole = await store.list(query)
  const { aliveBy } = query
  const all = await store.list({ includeDead: true, aliveBy })
  const expected = naiveResult(
    all.map((agent) => toListed(agent, model, aliveBy)),
    query,
  )
  expect(idsOf(whole), 'the result of a query').toEqual(expected)
  expect(whole, 'the records of a result').toEqual(
    expected.map((id) => all.find(({ agentId }) => agentId === id)),
  )
  const pages: AgentRecord[] = []
  for (let rest = expected.length; rest >= 0; rest -= limit) {
    const last = pages.at(-1)
    const after = last && positionOf(last, query.sort)
    const page = await store.list({ ...query, limit, after })
    expect(page.length, 'the size of a page').toBe(Math.min(rest, limit))
    pages.push(...page)
  }
  expect(idsOf(pages), 'the result page by page').toEqual(expected)
}

/** Returns the agent of the model, with values of the store where the contract does not define them. */
function toListed(
  { agentId, lastHeartbeatMs, expiresAtMs }: AgentRecord,
  model: NaiveRegistry,
  aliveBy: PagedQuery['aliveBy'],
): NaiveListed {
  const known = model.agents.get(agentId)
  if (known === undefined) throw new Error(`the model does not contain ${agentId}`)
  const { fields, registeredAtMs } = known
  return {
    agentId,
    agentName: fields.agentName,
    capabilities: fields.capabilities ?? [],
    tags: fields.tags ?? [],
    cardWords: fields.card?.words ?? '',
    details: { ...fields.details },
    metadata: fields.metadata,
    status: fields.status ?? '',
    load: fields.load ?? null,
    registeredAtMs,
    lastHeartbeatMs: known.lastHeartbeatMs ?? lastHeartbeatMs,
    expiresAtMs,
    suspect: known.suspect,
    isMaintained: known.maintenance !== null,
    alive: aliveBy === 'transitions' ? !known.expired : model.isAlive(agentId),
  }
}

function idsOf(agents: readonly AgentRecord[]): string[] {
  return agents.map(({ agentId }) => agentId)
}
