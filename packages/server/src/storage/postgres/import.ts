import type { Client } from 'pg'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { HistoryPosition } from '../../domain/event-bus.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { Transition } from '../../domain/transition.ts'
import { reasonOf, unusable } from './connections/errors.ts'
import { PostgresPool } from './connections/pool.ts'
import { type PostgresTarget, parsePostgresUrl } from './connections/target.ts'
import { Moment, type MomentRow } from './nodes/database-time.ts'
import { wordsOf } from './reads/search-terms.ts'
import { toColumns, toRecordedAgent, toTransitionRow } from './rows.ts'
import { migrate } from './schema/migrate.ts'
import { inSchema, requireSchemaName } from './schema/schema-name.ts'

const WHAT = 'take the registry'

/**
 * Fills an empty registry in PostgreSQL with what another has. All of it becomes visible with
 * {@link finish}; until then there is nothing, whatever happens.
 */
export class PostgresImport {
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
   * Takes agents, each with the time that its lease has left.
   *
   * @param nowMs Unix time at which the registry that they come from stands still
   */
  async addAgents(agents: readonly AgentRecord[], nowMs: number): Promise<void> {
    const { beat, lease } = this.#moment as Moment
    const rows = agents.map((agent) => ({
      ...toColumns({
        agentId: agent.agentId,
        profile: agent,
        status: agent.status,
        load: agent.load,
        registeredAtMs: agent.registeredAtMs,
        // The clock of the database may be behind: no heartbeat came from the future.
        lastBeat: Math.min(agent.lastHeartbeatMs, beat),
        deadline: lease + (agent.expiresAtMs - nowMs),
        expired: !agent.alive,
        revision: agent.revision,
      }),
      revision: agent.revision,
    }))
    this.#registered += rows.length
    this.#expired += agents.filter(({ alive }) => !alive).length
    await this.#run(
      `WITH added AS (
        INSERT INTO rollcall.agents
        SELECT * FROM json_populate_recordset(NULL::rollcall.agents, $1::text::json)
        RETURNING agent_id, deadline, expired
      ), found AS (
        INSERT INTO rollcall.words (agent_id, words)
        SELECT agent_id, words FROM unnest($2::text[], $3::text[]) AS indexed(agent_id, words)
      ), told AS (
        INSERT INTO rollcall.expired (agent_id) SELECT agent_id FROM added WHERE expired
      )
      INSERT INTO rollcall.checks (agent_id, check_at)
      SELECT agent_id, deadline FROM added WHERE NOT expired`,
      [
        JSON.stringify(rows),
        agents.map(({ agentId }) => agentId),
        agents.map((agent) => wordsOf(agent.agentId, agent)),
      ],
    )
  }

  /** Takes transitions. */
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

  /** Makes all of it visible: the history goes on from where it was. */
  async finish({ epoch, revision }: HistoryPosition): Promise<void> {
    await this.#run(
      `UPDATE rollcall.registry SET epoch = $1, revision = $2, registered = $3, expired = $4`,
      [epoch, revision, this.#registered, this.#expired],
    )
    await this.#run('UPDATE rollcall.indexing SET revision = $1', [revision])
    try {
      await this.#client.query('COMMIT')
    } catch (cause) {
      const words = `${reasonOf(cause)}. It may have all of it: once more says so, or moves it`
      throw refusal(this.#target, words, cause)
    }
    // Without it, the first queries are planned as if there were few agents. It comes by itself too.
    await this.#run('ANALYZE rollcall.agents').catch(() => undefined)
  }

  /** Lets go of the database; without {@link finish}, nothing has happened. */
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
      throw refusal(
        this.#target,
        `the schema ${this.#schema} holds a registry already; name another --db-schema or database`,
      )
    }
    // From here on a node that starts waits until all is there.
    await this.#run('SELECT FROM rollcall.pulse FOR UPDATE')
    const running = await this.#run(
      'SELECT FROM rollcall.nodes n, rollcall.moment(NULL) m WHERE n.seen >= m.beat - 2000',
    )
    if (running.length > 0) {
      throw refusal(this.#target, `a registry runs on the schema ${this.#schema}; stop it first`)
    }
    // Whatever time was counted there before; and until the first node comes, none passes.
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
      throw refusal(this.#target, `${reasonOf(cause)}. Nothing was moved`, cause)
    }
  }
}

function refusal({ database, hosts }: PostgresTarget, why: string, cause?: unknown): RegistryError {
  const message = `The database ${database} on ${hosts.join(', ')} cannot ${WHAT}: ${why}`
  return new RegistryError('STORAGE_UNUSABLE', message, cause === undefined ? {} : { cause })
}
