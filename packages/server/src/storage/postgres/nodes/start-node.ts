import { RegistryError } from '../../../domain/registry-error.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { isTimeout } from '../connections/errors.ts'
import { migrate } from '../schema/migrate.ts'
import { type HistoryWithBranches, readHistory } from '../transitions/branch-line.ts'
import { NodeLiveness } from './node-liveness.ts'

/** Milliseconds for which the start is retried when the database does not respond in time. */
const START_RETRY_MS = 5000

/**
 * Creates or upgrades the schema, and announces the node.
 *
 * @param options.node id of the node, unique in the fleet
 * @param options.graceMs minimum milliseconds that a live lease has left, if this is the only node
 * @returns the end of the history
 */
export async function startNode(
  database: PostgresDatabase,
  { node, graceMs }: { node: string; graceMs: number },
): Promise<HistoryWithBranches> {
  const limit = performance.now() + START_RETRY_MS
  for (;;) {
    try {
      await openNode(database, { node, graceMs })
      return await readHistory(database)
    } catch (error) {
      const cause = error instanceof RegistryError ? error.cause : error
      if (!isTimeout(cause) || performance.now() > limit) throw error
    }
  }
}

/** Uses a dedicated connection: both steps have no timeout, and wait for other nodes that run them. */
async function openNode(
  database: PostgresDatabase,
  node: { node: string; graceMs: number },
): Promise<void> {
  const client = await database.writes.connect()
  try {
    await migrate(client, database.schema, await database.now())
    await NodeLiveness.open(client, database, node)
  } finally {
    await client.end()
  }
}
