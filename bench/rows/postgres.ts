import { createStorageBackend } from '@rollcall/server'
import { PostgresServer } from '../../test/postgres/support/postgres-server.ts'
import { contest } from '../contest.ts'
import { batches, fill, registration } from '../fleet.ts'
import { type Load, runLoad } from '../load.ts'
import { hotShare, type PostgresNodes, startPostgresNodes } from '../postgres-nodes.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row, type Size } from '../report.ts'

const CONNECTIONS = 64
const BATCH = 1000

/** A TTL longer than any measurement. */
const LASTING = { ttl_seconds: 3600 }

export const postgresHeartbeat = loadRow({
  name: 'pg-heartbeat',
  title: 'PostgreSQL: heartbeats over HTTP, one agent per request, 64 connections',
  unit: 'requests/s',
  target: 15_000,
  isHeartbeat: true,
  load: ({ agents }, prefix) => ({
    method: 'POST',
    path: `/agents/${prefix}{i}/heartbeat`,
    period: agents,
    connections: CONNECTIONS,
  }),
})

export const postgresBatches = loadRow({
  name: 'pg-batches',
  title: 'PostgreSQL: heartbeats in batches of 1000, 8 connections',
  unit: 'heartbeats/s',
  target: 100_000,
  isHeartbeat: true,
  each: BATCH,
  load: ({ agents }, prefix) => ({
    method: 'POST',
    path: '/agents/heartbeats',
    // Each node has its own agents: two batches for the same agents would wait for each other.
    body: batches(Math.max(agents, BATCH), BATCH, prefix),
    connections: 8,
  }),
})

export const postgresRegistration = loadRow({
  name: 'pg-registration',
  title: 'PostgreSQL: durable registrations of new agents over HTTP, 64 connections',
  unit: 'registrations/s',
  target: 5000,
  isHeartbeat: false,
  load: (_size, prefix) => ({
    method: 'POST',
    path: '/agents/register',
    body: registration('{i}', { ...LASTING, agent_id: `new-${prefix}{i}` }),
    connections: CONNECTIONS,
  }),
})

const DUE = 1000

export const postgresSweep: Row = {
  name: 'pg-sweep',
  title: `PostgreSQL: sweep of a million leases (at full size), ${DUE} of them due`,
  async run({ rounds, million }) {
    await using server = await PostgresServer.launch({ settings: { shared_buffers: '512MB' } })
    await using repository = await createStorageBackend(server.url())
    await fillLeases(server, million)
    const sweeps: number[] = []
    const idle: number[] = []
    for (let round = 0; round < rounds + 1; round++) {
      idle.push(await timeOf(() => repository.expireLapsed()))
      await server.query(
        `WITH late AS (
           UPDATE rollcall.agents SET deadline = 0 WHERE agent_id IN (
             SELECT 'agent-' || (i * $1 + $2) FROM generate_series(0, ${DUE - 1}) i)
           RETURNING agent_id
         )
         UPDATE rollcall.checks SET check_at = 0 FROM late WHERE checks.agent_id = late.agent_id`,
        [Math.floor(million / DUE), round],
      )
      const time = await timeOf(async () => {
        const { expired } = await repository.expireLapsed({ limit: DUE })
        if (expired !== DUE) throw new Error(`${expired} expired, not ${DUE}`)
      })
      // The first sweep reads from disk and prepares the statements.
      if (round > 0) sweeps.push(time)
    }
    return {
      unit: 'ms',
      samples: { [`${DUE} due`]: sweeps, 'none due': idle.slice(1) },
      verdicts: [
        { what: `${DUE} due`, value: median(sweeps), unit: 'ms', target: 50, good: 'at most' },
      ],
    }
  },
}

interface LoadRow {
  readonly name: string
  readonly title: string
  readonly unit: string
  /** The target for one node. */
  readonly target: number
  /** If true, nearly all updates must be HOT. */
  readonly isHeartbeat: boolean
  /** Operations per request; default 1. */
  readonly each?: number
  /** @param prefix of the ids of this node's agents: no two nodes renew the same agent */
  readonly load: (size: Size, prefix: string) => Omit<Load, 'url' | 'seconds'>
}

/** Measures the same load on SQLite, on one node with PostgreSQL, and on two. */
function loadRow({ name, title, unit, target, each = 1, isHeartbeat, load }: LoadRow): Row {
  return {
    name,
    title,
    async run(size) {
      const shares: number[] = []
      const measure = async (urls: readonly string[]) => {
        const rates = await Promise.all(
          urls.map(async (url, node) => {
            const prefix = `node-${node}-agent-`
            await fill(url, size.agents, LASTING, { prefix })
            return rateOf(url, load(size, prefix), size.seconds)
          }),
        )
        return each * rates.reduce((sum, rate) => sum + rate, 0)
      }
      const nodes = (count: number) => ({
        start: () => startPostgresNodes(count),
        measure: async (subject: unknown) => {
          const rate = await measure((subject as PostgresNodes).urls)
          shares.push(await hotShare(subject as PostgresNodes))
          return rate
        },
      })
      const one = 'one node, PostgreSQL'
      const samples = await contest(
        [
          { name: one, ...nodes(1) },
          { name: 'two nodes together', ...nodes(2) },
          { name: 'one node, SQLite', start: startRollcall, measure: ({ url }) => measure([url]) },
        ],
        size.rounds,
      )
      const value = median(samples[one] ?? [])
      return {
        unit,
        samples: { ...samples, 'share of HOT updates': shares },
        verdicts: [
          { what: 'one node', value, unit: '/s', target, good: 'at least' },
          ...(isHeartbeat ? [hotVerdict(median(shares))] : []),
        ],
      }
    },
  }
}

function hotVerdict(value: number) {
  const what = 'share of HOT updates'
  return { what, value, unit: '', target: 0.95, good: 'at least' } as const
}

async function rateOf(url: string, load: Omit<Load, 'url' | 'seconds'>, seconds: number) {
  await runLoad({ ...load, url, seconds: 1 })
  const { requestsPerSecond, failures } = await runLoad({ ...load, url, seconds })
  if (failures > 0) throw new Error(`${failures} requests failed`)
  return requestsPerSecond
}

/** Inserts leases directly, in the state that registrations would leave. */
async function fillLeases(server: PostgresServer, count: number): Promise<void> {
  await server.query(
    `WITH m AS MATERIALIZED (SELECT * FROM rollcall.moment(NULL)), added AS (
       INSERT INTO rollcall.agents
       SELECT 'agent-' || i, 'Researcher ' || i, '10.0.0.7', 8000, 3600, '{"region":"eu-1"}',
         'object', ARRAY['search'], NULL, 'http://10.0.0.7:8000', 'ready', NULL, m.wall, m.beat,
         m.lease + 3600000, false, i + 1, ARRAY['csearch']
       FROM m, generate_series(0, $1::integer - 1) i
       RETURNING agent_id, deadline
     )
     INSERT INTO rollcall.checks SELECT agent_id, deadline FROM added`,
    [count],
  )
  await server.query(
    'UPDATE rollcall.registry SET revision = $1::bigint, registered = $1::bigint',
    [count],
  )
  await server.query('UPDATE rollcall.indexing SET revision = $1', [count])
  await server.query('VACUUM ANALYZE rollcall.agents')
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
