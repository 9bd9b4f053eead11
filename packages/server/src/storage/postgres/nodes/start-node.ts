import { type BrakeOptions, BrakeRule } from '../../../domain/expiry-brake.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { isTimeout } from '../connections/errors.ts'
import { migrate } from '../schema/migrate.ts'
import { inSchema } from '../schema/schema-name.ts'
import { type HistoryWithBranches, readHistory } from '../transitions/branch-line.ts'
import { NodeLiveness } from './node-liveness.ts'

/** Milliseconds for which the start is retried when the database does not respond in time. */
const START_RETRY_MS = 5000

const SET_BRAKE = `UPDATE rollcall.brake SET fraction = $1, minimum = $2, max_ms = $3
  WHERE (fraction, minimum, max_ms) IS DISTINCT FROM ($1, $2::integer, $3::bigint)`

interface NodeOptions {
  readonly node: string
  readonly graceMs: number
  readonly brake: BrakeOptions
}

/**
 * Creates or upgrades the schema, and announces the node.
 *
 * @param options.node id of the node, unique in the fleet
 * @param options.brake settings of the brake on mass expiry, from now on for all nodes
 * @param options.graceMs minimum milliseconds that a live lease has left, if this is the only node
 * @returns the end of the history
 */
export async function startNode(
  database: PostgresDatabase,
  { node, graceMs, brake }: NodeOptions,
): Promise<HistoryWithBranches> {
  const limit = performance.now() + START_RETRY_MS
  for (;;) {
    try {
      await openNode(database, { node, graceMs, brake })
      return await readHistory(database)
    } catch (error) {
      const cause = error instanceof RegistryError ? error.cause : error
      if (!isTimeout(cause) || performance.now() > limit) throw error
    }
  }
}

/** Uses a dedicated connection: both steps have no timeout, and wait for other nodes that run them. */
async function openNode(database: PostgresDatabase, node: NodeOptions): Promise<void> {
  const client = await database.writes.connect()
  try {
    await migrate(client, database.schema, await database.now())
    await NodeLiveness.open(client, database, node)
    const { fraction, minimum, maxMs } = new BrakeRule(node.brake)
    await client.query(inSchema(SET_BRAKE, database.schema), [fraction, minimum, maxMs])
  } finally {
    await client.end()
  }
}
