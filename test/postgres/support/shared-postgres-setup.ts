import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { TestProject } from 'vitest/node'
import { PostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The address that answers with the URL of the shared server. */
    sharedPostgres: string
  }
}

/** The data are thrown away with the server: they need not reach a disk, nor take much room. */
const NOTHING_LASTS = { fsync: 'off', full_page_writes: 'off', max_wal_size: '128MB' }

/**
 * Once for the whole run, whatever is selected: waits for the first test that asks for the shared
 * PostgreSQL, starts it then, and stops it in the end. A run in which none asks starts none.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let postgres: Promise<PostgresServer> | undefined
  const desk = createServer(async (_request, response) => {
    postgres ??= PostgresServer.launch({ settings: NOTHING_LASTS, isInMemory: true })
    try {
      response.end((await postgres).url())
    } catch (error) {
      response.writeHead(500).end(inspect(error))
    }
  })
  desk.listen(0, '127.0.0.1')
  await once(desk, 'listening')
  desk.unref()
  project.provide('sharedPostgres', `http://127.0.0.1:${(desk.address() as AddressInfo).port}`)

  return async () => {
    desk.close()
    const started = await postgres?.catch(() => undefined) // Who asked was told.
    await started?.[Symbol.asyncDispose]()
  }
}
