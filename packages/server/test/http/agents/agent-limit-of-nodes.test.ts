// What a node counts of the agents that other nodes of the same database register and remove.
import { expect, test } from 'vitest'
import { copyTables, restoreTables } from '../../../../../test/history-forks/support/table-copy.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { AgentLimit } from '../../../src/http/agents/agent-limit.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../../storage/sample-registration.ts'

/** Each starts to count at a different moment, some of them while they receive a transition. */
const COUNTS = 100

const database = databasePerTest()
const openNode = () => PostgresAgentRegistryRepository.open(database.url)

function limitOf(repository: PostgresAgentRegistryRepository, maxAgents: number) {
  return AgentLimit.of({ repository, maxAgents, heapShare: () => 0 })
}

/** Returns why an agent is not registered. */
async function refusalOf(limit: AgentLimit, agentId: string): Promise<string> {
  return limit.register(registration({ agentId })).then(
    () => 'registered',
    ({ message }: Error) => message,
  )
}

test('a count that starts while agents register misses none and counts none twice', async () => {
  await using writer = await openNode()
  await using reader = await openNode()
  const counting: Promise<AgentLimit>[] = []
  for (let index = 0; index < COUNTS; index++) {
    const registered = writer.add(registration({ agentId: `agent-${index}` }))
    // One receives transitions before they reach other nodes, one after.
    counting.push(limitOf(index % 2 === 0 ? writer : reader, COUNTS))
    await registered
  }
  await expect.poll(() => reader.observedRevision()).toBe(COUNTS)
  for (const limit of await Promise.all(counting)) {
    expect(await refusalOf(limit, 'another')).toContain(`has ${COUNTS} agents`)
  }
})

test('a full registry has room again when another node has removed an agent', async () => {
  await using one = await openNode()
  await using other = await openNode()
  const limit = await limitOf(one, 1)
  await other.add(registration({ agentId: 'a' }))
  await expect.poll(() => one.observedRevision()).toBe(1)
  expect(await refusalOf(limit, 'a-new-one')).toContain('has 1 agents')
  await other.delete('a')
  await expect.poll(() => refusalOf(limit, 'a-new-one')).toBe('registered')
})

test('a node counts again when its database was replaced by an older copy', async () => {
  await using node = await openNode()
  const limit = await limitOf(node, 2)
  let replacements = 0
  node.subscribe(
    () => undefined,
    () => replacements++,
  )
  expect(await refusalOf(limit, 'kept')).toBe('registered')
  await copyTables(database.url)
  expect(await refusalOf(limit, 'lost')).toBe('registered')
  expect(await refusalOf(limit, 'another')).toContain('has 2 agents')
  await restoreTables(database.url)
  await expect.poll(() => replacements).toBe(1)
  expect(await refusalOf(limit, 'another')).toBe('registered')
  expect(await refusalOf(limit, 'lost')).toContain('has 2 agents')
})
