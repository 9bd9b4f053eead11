// Agents with much text are indexed a few at a time, and are found meanwhile.
import { expect, test } from 'vitest'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { SERVER_LIMITS } from '../../../src/limits/server-limits.ts'
import { PostgresDatabase } from '../../../src/storage/postgres/connections/database.ts'
import { parsePostgresUrl } from '../../../src/storage/postgres/connections/target.ts'
import { WordIndexer } from '../../../src/storage/postgres/reads/word-indexer.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../sample-registration.ts'

const AGENTS = 400
/** For all agents, more than fits into a few statements. */
const TEXT = 'word '.repeat(780)

const database = databasePerTest()

async function indexed(): Promise<{ bytes: number; largest: number; agents: number }> {
  const [row] = await queryOnce<{ bytes: number; largest: number; agents: number }>(
    database.url,
    `SELECT coalesce(sum(octet_length(words)), 0)::int AS bytes, count(*)::int AS agents,
       coalesce(max(octet_length(words)), 0)::int AS largest FROM rollcall.words`,
  )
  return row ?? { bytes: 0, largest: 0, agents: 0 }
}

test('no statement indexes more than the limit, and no agent is missed', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  const ids = Array.from({ length: AGENTS }, (_, index) => `a${String(index).padStart(3, '0')}`)
  const metadata = { text: TEXT }
  // Not in the order of the ids.
  for (const agentId of ids.toReversed()) await node.add(registration({ agentId, metadata }))
  // Changed again, and so after all others.
  await node.updateHeartbeat('a399', { status: 'busy' })
  await node.delete('a001')
  const left = ids.filter((agentId) => agentId !== 'a001')
  const target = parsePostgresUrl(database.url)
  const own = new PostgresDatabase({ target, schema: 'rollcall', clock: undefined })
  const indexer = new WordIndexer(own)
  let steps = 0
  for (let before = await indexed(), more = true; more; steps++) {
    more = await indexer.indexMore()
    const after = await indexed()
    expect(after.bytes - before.bytes).toBeLessThan(
      SERVER_LIMITS.postgresWordsBytes.value + after.largest,
    )
    before = after
    const found = (await Array.fromAsync(node.listAll({ text: 'word' }))).flat()
    expect(found.map(({ agentId }) => agentId)).toEqual(left)
  }
  expect(steps).toBeGreaterThan(2)
  expect((await indexed()).agents).toBe(left.length)
  await own.close()
})
