import type { Client } from 'pg'
import type { PostgresDatabase } from '../connections/database.ts'
import { inSchema } from '../schema/schema-name.ts'

/** Milliseconds between two announcements of a node while another node sweeps. */
const STANDBY_INTERVAL_MS = 250

// Neither waits for a replica: the row of the time would be locked meanwhile.
const OPEN = `WITH asynchronous AS (SELECT set_config('synchronous_commit', 'off', true))
  SELECT rollcall.open_node($1, $2, $3) FROM asynchronous`
// After a restart of the whole fleet it may have to extend every lease.
const OPEN_TIMEOUT = { query_timeout: 300_000 }
const CLOSE = {
  name: 'close_node',
  text: `WITH asynchronous AS (SELECT set_config('synchronous_commit', 'off', true))
    SELECT rollcall.close_node($1, $2) FROM asynchronous`,
}

/**
 * Whether and when a node announces to the others that it is running. While no node has done so for more
 * than a second, lease time stands still.
 */
export class NodeLiveness {
  readonly #database: PostgresDatabase
  readonly #node: string
  #nextAt = 0
  #heldUntil = 0

  /** @param node id of the node, unique in the fleet */
  constructor(database: PostgresDatabase, node: string) {
    this.#database = database
    this.#node = node
  }

  /** Registers a node that starts. If it is the only one, leases go on from where they stood. */
  static async open(
    client: Client,
    database: PostgresDatabase,
    { node, graceMs }: { node: string; graceMs: number },
  ): Promise<void> {
    const values = [await database.now(), node, graceMs]
    await client.query({ text: inSchema(OPEN, database.schema), values, ...OPEN_TIMEOUT })
  }

  /** Whether the next announcement is due. */
  get isDue(): boolean {
    return performance.now() >= this.#nextAt
  }

  /** Whether {@link hold} keeps this node from announcing itself. */
  get isHeld(): boolean {
    return performance.now() < this.#heldUntil
  }

  /** Makes no announcement for some milliseconds: heartbeats may not reach this node. */
  hold(ms: number): void {
    this.#heldUntil = performance.now() + ms
  }

  /**
   * Notes that an announcement was made.
   *
   * @param sweeps this node is the sweeper, which announces itself with each sweep
   */
  announced(sweeps: boolean): void {
    this.#nextAt = sweeps ? 0 : performance.now() + STANDBY_INTERVAL_MS
  }

  /** Removes the node. If the database is unavailable, the others notice its silence. */
  async close(): Promise<void> {
    await this.#database
      .now()
      .then((now) => this.#database.write(CLOSE, [now, this.#node]))
      .catch(() => undefined)
  }
}
