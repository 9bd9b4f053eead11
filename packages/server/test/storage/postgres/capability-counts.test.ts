// Each node counts what all agents can do once, and then follows the transitions of all nodes.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { PostgresCapabilityCounts } from '../../../src/storage/postgres/reads/capability-counts.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'

/** Each starts to count at a different moment, some of them while they receive a transition. */
const COUNTS = 200

const database = databasePerTest()

const openNode = () => PostgresAgentRegistryRepository.open(database.url)

test('a count that starts while agents register misses none and counts none twice', async () => {
  await using writer = await openNode()
  await using reader = await openNode()
  const target = parsePostgresUrl(database.url)
  const own = new PostgresDatabase({ target, schema: 'rollcall', clock: undefined })
  const all: PostgresCapabilityCounts[] = []
  const reads: Promise<unknown>[] = []
  for (let index = 0; index < COUNTS; index++) {
    const capabilities = ['all', index % 2 === 0 ? 'even' : 'odd']
    const registered = writer.add(registration({ agentId: `agent-${index}`, capabilities }))
    // One receives transitions before they reach other nodes, one after.
    const counts = new PostgresCapabilityCounts(own, index % 2 === 0 ? writer : reader)
    all.push(counts)
    reads.push(counts.read())
    await registered
  }
  await Promise.all(reads)
  const expected = { all: COUNTS, even: COUNTS / 2, odd: COUNTS / 2 }
  for (const counts of all) await eventually(() => readyIn(counts)).toEqual(expected)
  await own.close()
})

test('a node counts what agents of another node register, report and leave', async () => {
  await using writer = await openNode()
  await using counter = await openNode()
  const ready = () => readyIn({ read: () => counter.countByCapability() })
  expect(await ready()).toEqual({})
  await writer.add(registration({ agentId: 'a', capabilities: ['search', 'plan'] }))
  await writer.add(registration({ agentId: 'b', capabilities: ['search'] }))
  await eventually(ready).toEqual({ search: 2, plan: 1 })
  await writer.updateHeartbeat('b', { status: 'busy' })
  await eventually(ready).toEqual({ search: 1, plan: 1 })
  await writer.delete('a')
  await eventually(ready).toEqual({ search: 0 })
})

async function readyIn(counts: Pick<PostgresCapabilityCounts, 'read'>) {
  return Object.fromEntries([...(await counts.read())].map(([name, { ready }]) => [name, ready]))
}
