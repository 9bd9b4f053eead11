import type { Client } from 'pg'
import { branchesOf, currentBranch } from '../../domain/branch.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { beatTime, later } from '../../domain/time-scales.ts'
import type { Transition } from '../../domain/transition.ts'
import { toImportedLease } from '../copy/imported-lease.ts'
import type { CopiedAgent, RegistryTarget, SnapshotPosition } from '../copy/registry-snapshot.ts'
import { reasonOf, unusable } from './connections/errors.ts'
import { PostgresPool } from './connections/pool.ts'
import type { StoreDatabase } from './connections/store-database.ts'
import { type PostgresTarget, parsePostgresUrl } from './connections/target.ts'
import { Moment, type MomentRow } from './nodes/database-time.ts'
import { wordsOf } from './reads/search-terms.ts'
import { toColumns } from './rows.ts'
import { migrate } from './schema/migrate.ts'
import { inSchema, requireSchemaName } from './schema/schema-name.ts'
import { PostgresTokenStore } from './token-store.ts'
import { toRecordedAgent, toTransitionRow } from './transitions/transition-rows.ts'
import { PostgresWebhookStore } from './webhook-store.ts'

const WHAT = 'import the registry'

/**
 * Imports a registry into an empty schema in PostgreSQL. Runs in one transaction: nothing is visible
 * before {@link finish}.
 */
export class PostgresImport implements RegistryTarget {
  readonly #client: Client
  readonly #pool: PostgresPool
  readonly #target: PostgresTarget
  readonly #schema: string
  #moment: Moment | undefined
  #registered = 0
  #expired = 0

  private constructor(parts: {
    client: Client
    pool: PostgresPool
    target: PostgresTarget
    schema: string
  }) {
    this.#client = parts.client
    this.#pool = parts.pool
    this.#target = parts.target
    this.#schema = parts.schema
  }

  /** @throws RegistryError `STORAGE_UNUSABLE` when the database cannot be used, or is not empty */
  static async begin(url: string, schema = 'rollcall'): Promise<PostgresImport> {
    const target = parsePostgresUrl(url)
    requireSchemaName(schema)
    const pool = new PostgresPool(target, { size: 1, statementMs: 0, lockMs: 0 })
    let client: Client | undefined
    try {
      client = await pool.connect()
      const copy = new PostgresImport({ client, pool, target, schema })
      await migrate(client, schema, null)
      await copy.#begin()
      return copy
    } catch (cause) {
      await client?.end()
      await pool.close()
      throw unusable(cause, { target, schema, what: WHAT })
    }
  }

  /**
   * Adds agents, each with the remaining time of its lease.
   *
   * @param nowMs Unix time at which the source registry stopped
   */
  async addAgents(copied: readonly CopiedAgent[], nowMs: number): Promise<void> {
    const agents = copied.map(({ agent }) => agent)
    const { beat, lease } = this.#moment as Moment
    const rows = agents.map((agent) => ({
      ...toColumns(
        toImportedLease(agent, {
          // The clock of the database may be behind: no heartbeat is in the future.
          lastBeat: beatTime(Math.min(agent.lastHeartbeatMs, beat)),
          deadline: later(lease, agent.expiresAtMs - nowMs),
        }),
      ),
      revision: agent.revision,
    }))
    this.#registered += rows.length
    this.#expired += agents.filter(({ alive }) => !alive).length
    await this.#run(
      `WITH added_agents AS (
        INSERT INTO rollcall.agents
        SELECT * FROM json_populate_recordset(NULL::rollcall.agents, $1::text::json)
        RETURNING agent_id, deadline, expired
      ), indexed_words AS (
        INSERT INTO rollcall.words (agent_id, words)
        SELECT agent_id, words FROM unnest($2::text[], $3::text[]) AS indexed(agent_id, words)
      ), expired_agents AS (
        INSERT INTO rollcall.expired (agent_id) SELECT agent_id FROM added_agents WHERE expired
      )
      INSERT INTO rollcall.checks (agent_id, check_at)
      SELECT agent_id, deadline FROM added_agents WHERE NOT expired`,
      [
        JSON.stringify(rows),
        agents.map(({ agentId }) => agentId),
        agents.map((agent) => wordsOf(agent.agentId, agent)),
      ],
    )
    const cards = copied.flatMap(({ agent, card }) =>
      card === undefined ? [] : [[agent.agentId, card]],
    )
    if (cards.length === 0) return
    await this.#run(
      `INSERT INTO rollcall.cards (agent_id, card)
       SELECT agent_id, card FROM unnest($1::text[], $2::text[]) AS copied(agent_id, card)`,
      [cards.map(([agentId]) => agentId), cards.map(([, card]) => card)],
    )
  }

  /** Adds transitions. */
  async addTransitions(transitions: readonly Transition[]): Promise<void> {
    const rows = transitions.map((it) => ({
      ...toTransitionRow(it),
      agent: toRecordedAgent(it),
      revision: it.revision,
    }))
    await this.#run(
      `INSERT INTO rollcall.transitions
       SELECT * FROM json_populate_recordset(NULL::rollcall.transitions, $1::text::json)`,
      [JSON.stringify(rows)],
    )
  }

  /** Commits the import: the history continues from its last revision. */
  async finish(history: SnapshotPosition): Promise<void> {
    const { epoch, revision } = history
    await this.#run('DELETE FROM rollcall.branches')
    await this.#run(
      `INSERT INTO rollcall.branches (ordinal, id, began_at, started_at)
       SELECT ordinal, branch->>'id', (branch->>'beganAt')::bigint, NULL
       FROM json_array_elements($1::json) WITH ORDINALITY AS line(branch, ordinal)`,
      [JSON.stringify(branchesOf(history))],
    )
    await this.#run('DELETE FROM rollcall.maintenance')
    await this.#run(
      `INSERT INTO rollcall.maintenance (pattern, reason, since, set_by)
       SELECT entry->>'pattern', entry->>'reason', (entry->>'sinceMs')::bigint, entry->>'by'
       FROM json_array_elements($1::json) AS entry`,
      [JSON.stringify(history.maintenance)],
    )
    const database: StoreDatabase = {
      read: ({ text }, values) => this.#run(text, [...values]),
      write: ({ text }, values) => this.#run(text, [...values]),
    }
    const tokens = new PostgresTokenStore(database)
    for (const token of history.tokens ?? []) await tokens.create(token)
    const webhooks = new PostgresWebhookStore(database)
    for (const webhook of history.webhooks ?? []) await webhooks.create(webhook)
    // The source may have been in the middle of a change.
    await this.#run(`SELECT rollcall.record_maintenance_change('*')`)
    await this.#run(
      `UPDATE rollcall.registry SET epoch = $1, branch = $2, revision = $3, registered = $4,
         expired = $5`,
      [epoch, currentBranch(history), revision, this.#registered, this.#expired],
    )
    await this.#run('UPDATE rollcall.indexing SET revision = $1', [revision])
    try {
      await this.#client.query('COMMIT')
    } catch (cause) {
      const why = `${reasonOf(cause)}. The import may be complete: run it again to find out`
      throw importError(this.#target, why, cause)
    }
    // Otherwise the first queries are planned for few agents, until autovacuum analyzes the table.
    await this.#run('ANALYZE rollcall.agents').catch(() => undefined)
  }

  /** Closes the connection; without {@link finish}, nothing has changed. */
  async close(): Promise<void> {
    await this.#client.end()
    await this.#pool.close()
  }

  async #begin(): Promise<void> {
    await this.#client.query('BEGIN')
    const [registry] = await this.#run<{ revision: string }>(
      'SELECT revision FROM rollcall.registry FOR UPDATE',
    )
    if (Number(registry?.revision) > 0) {
      throw importError(
        this.#target,
        `the schema ${this.#schema} already contains a registry; use another --db-schema or database`,
      )
    }
    // From here on, a starting node waits for the end of the import.
    await this.#run('SELECT FROM rollcall.pulse FOR UPDATE')
    const running = await this.#run(
      'SELECT FROM rollcall.nodes n, rollcall.moment(NULL) m WHERE n.seen >= m.beat - 2000',
    )
    if (running.length > 0) {
      throw importError(
        this.#target,
        `a registry is running on the schema ${this.#schema}; stop it first`,
      )
    }
    // Resets the time counted before; lease time stands still until the first node starts.
    await this.#run(
      `UPDATE rollcall.pulse SET step_shift = 0, stall_shift = 0, expected = NULL, sweeper = NULL,
         seen = floor(extract(epoch FROM clock_timestamp()) * 1000)`,
    )
    await this.#run('DELETE FROM rollcall.nodes')
    const [row] = await this.#run<MomentRow>('SELECT * FROM rollcall.moment(NULL)')
    this.#moment = new Moment(row as MomentRow)
    await this.#run('UPDATE rollcall.pulse SET seen = $1', [this.#moment.beat])
  }

  async #run<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    try {
      const { rows } = await this.#client.query<Row>(inSchema(sql, this.#schema), values)
      return rows
    } catch (cause) {
      throw importError(this.#target, `${reasonOf(cause)}. Nothing was copied`, cause)
    }
  }
}

function importError(
  { database, hosts }: PostgresTarget,
  why: string,
  cause?: unknown,
): RegistryError {
  const message = `The database ${database} on ${hosts.join(', ')} cannot ${WHAT}: ${why}`
  return new RegistryError('STORAGE_UNUSABLE', message, cause === undefined ? {} : { cause })
}
