// The statements of the hot paths find their rows by an index, however large the fleet is.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import type { HeartbeatReport } from '../../../src/domain/heartbeat.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { ANN } from '../../../src/testing/sample-callers.ts'
import { registration } from '../sample-registration.ts'

/** Enough that the planner prefers an index to reading the whole table. */
const AGENTS = 20_000
const BATCH = 1000
/** More than a snapshot of a busy machine lasts. */
const PASSES = 40

const idOf = (number: number): string => `agent-${number}`

let database: FreshDatabase

beforeAll(async () => {
  database = await freshDatabase()
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  for (let from = 0; from < AGENTS; from += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, at) => idOf(from + at))
    await Promise.all(ids.map((agentId) => node.add(registration({ agentId, ttlSeconds: 3600 }))))
  }
  await withClient(database.url, (client) => client.query('VACUUM ANALYZE'))
})

afterAll(() => database[Symbol.asyncDispose]())

interface TableStatistics {
  /** Reads of the whole table. */
  readonly scans: number
  /** Rows found by an index. */
  readonly found: number
  readonly updates: number
  /** Updates that leave no work to the indexes. */
  readonly hotUpdates: number
}

/** Returns what the database has counted for a table so far. */
async function statisticsOf(table: string): Promise<TableStatistics> {
  const [row] = await queryOnce<{
    scans: string
    found: string
    updates: string
    hot_updates: string
  }>(
    database.url,
    `SELECT seq_scan AS scans, idx_tup_fetch AS found, n_tup_upd AS updates, n_tup_hot_upd AS hot_updates
     FROM pg_stat_user_tables WHERE schemaname = 'rollcall' AND relname = $1`,
    [table],
  )
  return {
    scans: Number(row?.scans),
    found: Number(row?.found),
    updates: Number(row?.updates),
    hotUpdates: Number(row?.hot_updates),
  }
}

/** Returns what a node adds to the counts of a table; sessions report theirs at the latest when they end. */
async function measured(
  table: string,
  work: (node: PostgresAgentRegistryRepository) => Promise<unknown> = async () => undefined,
): Promise<TableStatistics> {
  const before = await statisticsOf(table)
  {
    await using node = await PostgresAgentRegistryRepository.open(database.url)
    await work(node)
  }
  await eventually(async () => {
    const [sessions] = await queryOnce<{ others: string }>(
      database.url,
      `SELECT count(*) AS others FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    return Number(sessions?.others)
  }).toBe(0)
  const after = await statisticsOf(table)
  return {
    scans: after.scans - before.scans,
    found: after.found - before.found,
    updates: after.updates - before.updates,
    hotUpdates: after.hotUpdates - before.hotUpdates,
  }
}

async function renewAll(
  node: PostgresAgentRegistryRepository,
  report: HeartbeatReport,
): Promise<void> {
  for (let from = 0; from < AGENTS; from += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, at) => idOf(from + at))
    const heartbeats = ids.map((agentId) => ({ agentId, ...report }))
    expect(await node.updateHeartbeats(heartbeats)).toEqual({ ok: BATCH, unknown: [] })
  }
}

test.each<{ what: string; report: HeartbeatReport }>([
  { what: 'plain', report: {} },
  { what: 'of a principal', report: { caller: ANN } },
  { what: 'with a load', report: { caller: ANN, load: 0.5 } },
])(
  'heartbeats ($what) find agents by their id, and leave no work to the indexes',
  async ({ report }) => {
    const start = await measured('agents')
    let hotShare = 0
    // The first pass fills the free space of the pages. Later ones reuse the space of those before them, unless
    // a snapshot such as that of autovacuum still needs it.
    for (let pass = 0; pass < PASSES && hotShare < 0.8; pass++) {
      const renewed = await measured('agents', (node) => renewAll(node, report))
      expect(renewed.updates - start.updates).toBe(AGENTS)
      expect(renewed.scans).toBe(start.scans)
      hotShare = renewed.hotUpdates / AGENTS
    }
    expect(hotShare).toBeGreaterThan(0.8)
  },
)

test('a transition finds its agent by its id', async () => {
  const start = await measured('agents')
  const changed = await measured('agents', async (node) => {
    for (let number = 0; number < 20; number++) {
      await node.updateHeartbeat(idOf(number), { status: number % 2 === 0 ? 'busy' : 'draining' })
      await node.get(idOf(number))
    }
  })
  expect(changed.updates - start.updates).toBe(20)
  expect(changed.scans).toBe(start.scans)
})

test('a list of ids and beginnings of ids reads only their range', async () => {
  const start = await measured('agents')
  const listed = await measured('agents', async (node) => {
    for (const [agentIds, count] of [
      [['agent-1999*'], 11],
      [['agent-1999*', 'agent-7', 'b*', 'agent-150*', 'absent'], 123],
    ] as const) {
      const pages = await Array.fromAsync(node.listAll({ agentIds, includeDead: true }))
      expect(pages.flat()).toHaveLength(count)
      const first = await Array.fromAsync(node.listAll({ agentIds, limit: 1 }))
      expect(first.flat()).toHaveLength(1)
    }
  })
  expect(listed.scans).toBe(start.scans)
  expect(listed.found - start.found).toBeLessThan(AGENTS / 20)
})

test('a sweep finds what is due by its time', async () => {
  const start = await measured('checks')
  const swept = await measured('checks', async (node) => {
    await queryOnce(
      database.url,
      "UPDATE rollcall.agents SET deadline = 0 WHERE agent_id = 'agent-1'",
    )
    await queryOnce(
      database.url,
      "UPDATE rollcall.checks SET check_at = 0 WHERE agent_id = 'agent-1'",
    )
    expect((await node.expireLapsed()).expired).toBe(1)
    for (let sweep = 0; sweep < 20; sweep++) await node.expireLapsed()
  })
  expect(swept.scans).toBe(start.scans)
})
