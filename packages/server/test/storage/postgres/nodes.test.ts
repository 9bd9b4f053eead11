// Every live node is counted, whenever other nodes start and stop.
import { expect, test } from 'vitest'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { inspectPostgres } from '../../../src/index.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'

const database = databasePerTest()

const openNode = () => PostgresAgentRegistryRepository.open(database.url)

async function countedNodes(): Promise<number | undefined> {
  const { registry } = await inspectPostgres(database.url, 'rollcall')
  return registry?.nodes
}

test('nodes that open the registry before the first sweep are all counted', async () => {
  await using first = await openNode()
  await using second = await openNode()
  for (const node of [first, second]) await node.expireLapsed({ nextSweepMs: 60_000 })
  expect(await countedNodes()).toBe(2)
})

test('a node whose row was removed by another is counted again with its next liveness update', async () => {
  await using frozen = await openNode()
  await frozen.expireLapsed({ nextSweepMs: 60_000 })
  await using other = await openNode()
  // As done by a node that closes when the first has been stopped for more than ten seconds.
  await queryOnce(database.url, 'DELETE FROM rollcall.nodes')
  for (const node of [frozen, other]) await node.expireLapsed({ nextSweepMs: 60_000 })
  expect(await countedNodes()).toBe(2)
})
