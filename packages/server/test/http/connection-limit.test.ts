import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../src/storage/postgres/repository.ts'

/** Returns the connection limit of a server. */
async function connectionsWith(repository: MemoryAgentRegistryRepository): Promise<number> {
  await using server = new AgentRegistryServer('memory:', { repository })
  await server.listen({ port: 0 })
  return server.createApp().server.maxConnections
}

class ManyConnections extends MemoryAgentRegistryRepository {
  override readonly capabilities = {
    name: 'remote',
    durable: true,
    shared: true,
    connections: 300,
  }
}

// The test process itself may open and close some files in the meantime.
test('files for the connections of a store are reserved', async () => {
  const all = await connectionsWith(new MemoryAgentRegistryRepository())
  const fewer = await connectionsWith(new ManyConnections())
  expect(all - fewer).toBeGreaterThan(250)
})

test('PostgreSQL reports the size of its pools', async () => {
  await using database = await freshDatabase()
  const url = new URL(database.url)
  url.searchParams.set('pool_size', '7')
  await using repository = await PostgresAgentRegistryRepository.open(url.href)
  expect(repository.capabilities.connections).toBeGreaterThanOrEqual(2 * 7)
})
