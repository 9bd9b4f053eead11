import type { Client } from 'pg'
import type { Branch } from '../../domain/history-position.ts'
import { toAgentRecord } from '../../domain/lease-views.ts'
import type { MaintenanceEntry } from '../../domain/maintenance.ts'
import type { Transition } from '../../domain/transition.ts'
import type { CopiedAgent, RegistrySnapshot, SnapshotPosition } from '../copy/registry-snapshot.ts'
import { unusable } from './connections/errors.ts'
import { PostgresPool } from './connections/pool.ts'
import { parsePostgresUrl } from './connections/target.ts'
import { Moment, type MomentRow } from './nodes/database-time.ts'
import { AGENT_COLUMNS, type AgentRow, toLease } from './rows.ts'
import { requireCurrentSchema } from './schema/migrate.ts'
import { inSchema, requireSchemaName } from './schema/schema-name.ts'
import { TRANSITION_COLUMNS } from './transitions/history.ts'
import { type TransitionRow, toTransition } from './transitions/transition-rows.ts'

/** Rows per statement. */
const PAGE = 1000
// Without a node, lease time stands where the last one stopped, as for the next one that starts.
const POSITION = `SELECT m.wall, m.beat, m.stall_shift, r.epoch, r.revision,
    CASE WHEN p.expected IS NULL THEN p.seen - p.stall_shift ELSE m.lease END AS lease,
    (SELECT json_agg(json_build_object('id', b.id, 'beganAt', b.began_at) ORDER BY b.ordinal)
      FROM rollcall.branches b) AS branches,
    (SELECT coalesce(json_agg(json_build_object('pattern', e.pattern, 'reason', e.reason,
        'sinceMs', e.since, 'by', e.set_by) ORDER BY e.pattern), '[]')
      FROM rollcall.maintenance e) AS maintenance,
    (SELECT count(*) FROM rollcall.agents) AS agents,
    (SELECT count(*) FROM rollcall.transitions t WHERE t.revision <= r.revision) AS transitions
  FROM rollcall.moment(NULL) m, rollcall.pulse p, rollcall.registry r`
const AGENTS = `SELECT ${AGENT_COLUMNS}, k.card FROM rollcall.agents a
  LEFT JOIN rollcall.cards k USING (agent_id)
  WHERE a.agent_id > $1 ORDER BY a.agent_id LIMIT ${PAGE}`
const TRANSITIONS = `SELECT ${TRANSITION_COLUMNS} FROM rollcall.transitions t
  WHERE t.revision > $1 AND t.revision <= $2 ORDER BY t.revision LIMIT ${PAGE}`

interface PositionRow extends MomentRow {
  readonly epoch: string
  readonly branches: readonly Branch[]
  readonly maintenance: readonly MaintenanceEntry[]
  readonly revision: string
  readonly agents: string
  readonly transitions: string
}

/** A registry in PostgreSQL in one read-only transaction, whether or not nodes are running. */
export class PostgresSnapshot implements RegistrySnapshot {
  readonly position: SnapshotPosition
  readonly #moment: Moment
  readonly #run: <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>
  readonly #close: () => Promise<void>

  private constructor(parts: {
    row: PositionRow
    run: <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>
    close: () => Promise<void>
  }) {
    const { row } = parts
    this.#moment = new Moment(row)
    this.#run = parts.run
    this.#close = parts.close
    this.position = {
      epoch: row.epoch,
      branches: row.branches,
      maintenance: row.maintenance,
      revision: Number(row.revision),
      atMs: this.#moment.wall,
      agents: Number(row.agents),
      transitions: Number(row.transitions),
    }
  }

  /** @throws RegistryError `STORAGE_UNUSABLE` when the database cannot be read */
  static async open(url: string, schema = 'rollcall'): Promise<PostgresSnapshot> {
    const target = parsePostgresUrl(url)
    requireSchemaName(schema)
    const pool = new PostgresPool(target, { size: 1, statementMs: 0, lockMs: 0 })
    const explained = (cause: unknown) =>
      unusable(cause, { target, schema, what: 'export the registry' })
    let client: Client | undefined
    const close = async (): Promise<void> => {
      await client?.end()
      await pool.close()
    }
    const run = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> => {
      try {
        return (await (client as Client).query<Row>(inSchema(sql, schema), values)).rows
      } catch (cause) {
        throw explained(cause)
      }
    }
    try {
      client = await pool.connect()
      await requireCurrentSchema(client, schema)
      await run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const [row] = await run<PositionRow>(POSITION)
      return new PostgresSnapshot({ row: row as PositionRow, run, close })
    } catch (cause) {
      await close()
      throw explained(cause)
    }
  }

  async *agents(): AsyncGenerator<readonly CopiedAgent[]> {
    for (let after = ''; ; ) {
      const rows = await this.#run<AgentRow & { card: string | null }>(AGENTS, [after])
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map((row) => {
        const agent = toAgentRecord(toLease(row), this.#moment, { aliveBy: 'transitions' })
        return { agent, card: (agent.card && row.card) ?? undefined }
      })
      after = last.agent_id
    }
  }

  async *transitions(): AsyncGenerator<readonly Transition[]> {
    for (let after = 0; ; ) {
      const values = [after, this.position.revision]
      const rows = await this.#run<TransitionRow>(TRANSITIONS, values)
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map(toTransition)
      after = Number(last.revision)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}
