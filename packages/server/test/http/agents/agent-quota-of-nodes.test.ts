// What a node counts of the agents that a principal registers, claims and removes on other nodes of the same database.
import { expect, test } from 'vitest'
import { copyTables, restoreTables } from '../../../../../test/history-forks/support/table-copy.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { AgentQuota } from '../../../src/http/agents/agent-quota.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { ANN, BO } from '../../../src/testing/sample-callers.ts'
import { registration } from '../../storage/sample-registration.ts'

/** Each starts to count at a different moment, some of them while they receive a transition. */
const COUNTS = 100
const MAX_AGENTS = 20
/** Registrations at once on each node. */
const AT_ONCE = 50

const database = databasePerTest()
const openNode = () => PostgresAgentRegistryRepository.open(database.url)

function quotaOf(repository: PostgresAgentRegistryRepository, maxAgentsPerCaller: number) {
  const register: PostgresAgentRegistryRepository['add'] = (...added) => repository.add(...added)
  return new AgentQuota({ repository, maxAgentsPerCaller, register })
}

/** Returns why an agent of ann is not registered. */
async function refusalOf(quota: AgentQuota, agentId: string): Promise<string> {
  return quota.register(registration({ agentId }), ANN).then(
    () => 'registered',
    ({ message }: Error) => message,
  )
}

test('a count that starts while agents register misses none and counts none twice', async () => {
  await using writer = await openNode()
  await using reader = await openNode()
  const quotas: AgentQuota[] = []
  for (let index = 0; index < COUNTS; index++) {
    const caller = index % 2 === 0 ? ANN : BO
    const registered = writer.add(registration({ agentId: `agent-${index}` }), caller)
    // One receives transitions before they reach other nodes, one after.
    quotas.push(quotaOf(index % 2 === 0 ? writer : reader, COUNTS / 2))
    await registered
  }
  await expect.poll(() => reader.observedRevision()).toBe(COUNTS)
  for (const quota of quotas) {
    expect(await refusalOf(quota, 'another')).toContain(`ann owns ${COUNTS / 2} agents`)
  }
})

test('agents that a principal claims and removes on another node count', async () => {
  await using one = await openNode()
  await using other = await openNode()
  const quota = quotaOf(one, 1)
  expect(await refusalOf(quota, 'a')).toBe('registered')
  await one.delete('a')
  await other.add(registration({ agentId: 'of-nobody' }))
  await other.add(registration({ agentId: 'of-nobody' }), ANN)
  await expect.poll(() => one.observedRevision()).toBe(4)
  expect(await refusalOf(quota, 'a')).toContain('ann owns 1 agents')
  await other.delete('of-nobody')
  await expect.poll(() => refusalOf(quota, 'a')).toBe('registered')
})

test('two nodes exceed the limit at most by what one of them has in flight, and refuse from then on', async () => {
  await using one = await openNode()
  await using other = await openNode()
  const quotas = [quotaOf(one, MAX_AGENTS), quotaOf(other, MAX_AGENTS)]
  const attempts = quotas.flatMap((quota, node) =>
    Array.from({ length: AT_ONCE }, (_, index) => refusalOf(quota, `agent-${node}-${index}`)),
  )
  const registered = (await Promise.all(attempts)).filter(
    (result) => result === 'registered',
  ).length
  expect(registered).toBeGreaterThanOrEqual(MAX_AGENTS)
  expect(registered).toBeLessThanOrEqual(2 * MAX_AGENTS)
  const { byOwner } = await one.countByOwner()
  expect(byOwner.get('ann')).toBe(registered)
  for (const quota of quotas) {
    await expect.poll(() => refusalOf(quota, 'another')).toContain(`owns ${registered} agents`)
  }
})

test('a node counts again when its database was replaced by an older copy', async () => {
  await using node = await openNode()
  const quota = quotaOf(node, 2)
  let replacements = 0
  node.subscribe(
    () => undefined,
    () => replacements++,
  )
  expect(await refusalOf(quota, 'kept')).toBe('registered')
  await copyTables(database.url)
  expect(await refusalOf(quota, 'lost')).toBe('registered')
  expect(await refusalOf(quota, 'another')).toContain('owns 2 agents')
  await restoreTables(database.url)
  await expect.poll(() => replacements).toBe(1)
  expect(await refusalOf(quota, 'another')).toBe('registered')
  expect(await refusalOf(quota, 'lost')).toContain('owns 2 agents')
})
