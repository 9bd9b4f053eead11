// The contract of a repository, for the PostgreSQL store; its data survives a restart.
import { basename } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { freshDatabase } from '../../../test/postgres/support/shared-postgres.ts'
import { PostgresAgentRegistryRepository } from '../src/storage/postgres/repository.ts'
import { repositoryConformance } from '../src/testing/index.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

repositoryConformance({
  name: 'PostgreSQL',
  durable: true,
  modelRuns: 20,
  open: ({ folder, ...context }) =>
    PostgresAgentRegistryRepository.open(database.url, { ...context, schema: basename(folder) }),
})
