import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { TestProject } from 'vitest/node'
import { PostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address that returns the URL of the shared server. */
    sharedPostgres: string
  }
}

/** The data is discarded with the server: it need not be durable or take much space. */
const NO_DURABILITY = { fsync: 'off', full_page_writes: 'off', max_wal_size: '128MB' }

/**
 * Runs once per test run: starts the shared PostgreSQL when the first test requests it, and stops
 * it at the end. A run in which no test requests it starts none.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let postgres: Promise<PostgresServer> | undefined
  const urlServer = createServer(async (_request, response) => {
    postgres ??= PostgresServer.launch({ settings: NO_DURABILITY, isInMemory: true })
    try {
      response.end((await postgres).url())
    } catch (error) {
      response.writeHead(500).end(inspect(error))
    }
  })
  urlServer.listen(0, '127.0.0.1')
  await once(urlServer, 'listening')
  urlServer.unref()
  project.provide('sharedPostgres', `http://127.0.0.1:${(urlServer.address() as AddressInfo).port}`)

  return async () => {
    urlServer.close()
    const started = await postgres?.catch(() => undefined) // The error was already reported to the test.
    await started?.[Symbol.asyncDispose]()
  }
}
