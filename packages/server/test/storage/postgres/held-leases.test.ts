import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { registration } from '../../../src/testing/sample-registration.ts'

const SWEEP_MS = 50

/** Sweeps like the server for `ms` milliseconds. */
async function sweepFor(ms: number, repository: PostgresAgentRegistryRepository): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end) {
    await repository.expireLapsed({ nextSweepMs: SWEEP_MS })
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS))
  }
}

test('a node that may miss heartbeats pauses lease time, unless another node receives them', async () => {
  await using database = await freshDatabase()
  await using repository = await PostgresAgentRegistryRepository.open(database.url)
  await sweepFor(100, repository)
  await repository.add(registration({ agentId: 'silent', ttlSeconds: 2 }))
  for (let round = 0; round < 6; round++) {
    repository.suspendLeases(2000)
    await sweepFor(700, repository)
  }
  expect(await repository.get('silent')).toMatchObject({ alive: true })
  await using other = await PostgresAgentRegistryRepository.open(database.url)
  await repository.add(registration({ agentId: 'silent', ttlSeconds: 2 }))
  for (let round = 0; round < 6; round++) {
    repository.suspendLeases(2000)
    await Promise.all([sweepFor(700, repository), sweepFor(700, other)])
  }
  expect(await other.get('silent')).toMatchObject({ alive: false })
})
