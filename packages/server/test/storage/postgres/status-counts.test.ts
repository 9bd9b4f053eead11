// Each node counts all agents once, and then follows the transitions of all nodes.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { PostgresStatusCounts } from '../../../src/storage/postgres/reads/status-count-cache.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'

/** Each starts to count at a different moment, some of them while they receive a transition. */
const COUNTS = 300

const database = databasePerTest()

const openNode = () => PostgresAgentRegistryRepository.open(database.url)

test('a count that starts while agents register misses none and counts none twice', async () => {
  await using writer = await openNode()
  await using reader = await openNode()
  const target = parsePostgresUrl(database.url)
  const own = new PostgresDatabase({ target, schema: 'rollcall', clock: undefined })
  const all: PostgresStatusCounts[] = []
  const reads: Promise<unknown>[] = []
  const statuses = ['ready', 'busy', 'draining'] as const
  for (let index = 0; index < COUNTS; index++) {
    const status = statuses[index % 3] ?? 'ready'
    const registered = writer.add(registration({ agentId: `agent-${index}`, status }))
    // One receives transitions before they reach other nodes, one after.
    const counts = new PostgresStatusCounts(own, index % 2 === 0 ? writer : reader)
    all.push(counts)
    reads.push(counts.read())
    await registered
  }
  await Promise.all(reads)
  const each = COUNTS / 3
  const expected = { ready: each, busy: each, draining: each, suspect: 0, expired: 0 }
  for (const counts of all) await eventually(() => counts.read()).toEqual(expected)
  await own.close()
})

test('a node counts the changes of another', async () => {
  await using writer = await openNode()
  await using counter = await openNode()
  const expectCounts = (ready: number, busy: number) =>
    eventually(() => counter.countByStatus()).toEqual({
      ready,
      busy,
      draining: 0,
      suspect: 0,
      expired: 0,
    })
  await expectCounts(0, 0)
  await writer.add(registration({ agentId: 'a' }))
  await writer.add(registration({ agentId: 'b', status: 'busy' }))
  await expectCounts(1, 1)
  await writer.delete('a')
  await expectCounts(0, 1)
  await writer.updateHeartbeat('b', { status: 'ready' })
  await expectCounts(1, 0)
  expect(await writer.countByStatus()).toEqual(await counter.countByStatus())
})
