import { fill } from '../fleet.ts'
import { startPostgresNodes } from '../postgres-nodes.ts'
import { FOUND, fillStore, timesOf } from '../queried-fleet.ts'
import { median, type Row } from '../report.ts'
import { openStreams } from '../streams.ts'
import { statusChanges } from './fan-out.ts'

const READS: Readonly<Record<string, { path: string; found: number; targetMs: number }>> = {
  agent: { path: '/agents/agent-7', found: 0, targetMs: 2 },
  'first 100': { path: '/agents?limit=100', found: 100, targetMs: 10 },
  capability: { path: '/agents?capability=translate', found: FOUND, targetMs: 5 },
  metadata: { path: '/agents?metadata.region=mars', found: FOUND, targetMs: 5 },
  name: { path: '/agents?name=Rare*', found: FOUND, targetMs: 5 },
  q: { path: '/agents?q=transl%20rare', found: FOUND, targetMs: 25 },
}

export const postgresReads: Row = {
  name: 'pg-reads',
  title: 'PostgreSQL: reads and queries among 100 000 agents (at full size): response time',
  async run({ rounds, agents }) {
    await using nodes = await startPostgresNodes(1)
    const count = agents * 10
    await fillStore(nodes.server.url(), count)
    await nodes.server.query('ANALYZE')
    await untilWordsAreIndexed(nodes.server)
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value]
    }
    for (let round = 0; round < rounds; round++) {
      for (const [name, { path, found }] of Object.entries(READS)) {
        const { p50, p99 } = await timesOf(`${nodes.url}${path}`, found)
        note(`${name}, p50`, p50)
        note(`${name}, p99`, p99)
      }
      const began = performance.now()
      const list = (await (await fetch(`${nodes.url}/agents`)).json()) as unknown[]
      if (list.length !== count) throw new Error(`${list.length} agents, not ${count}`)
      note('the whole list', performance.now() - began)
    }
    return {
      unit: 'ms',
      samples,
      verdicts: Object.entries(READS).map(([name, { targetMs }]) => ({
        what: `${name}, p50`,
        value: median(samples[`${name}, p50`] ?? []),
        unit: 'ms',
        target: targetMs,
        good: 'at most',
      })),
    }
  },
}

const READERS = 50
const AGENTS = 100

export const postgresFeed: Row = {
  name: 'pg-feed',
  title: `PostgreSQL: 200 transitions/s through one node, ${READERS} streams at another`,
  async run({ rounds, seconds }) {
    const samples: Record<string, number[]> = { p99: [], p50: [] }
    for (let round = 0; round < rounds; round++) {
      await using nodes = await startPostgresNodes(2)
      const [here = '', there = ''] = nodes.urls
      await fill(here, AGENTS, { ttl_seconds: 3600 })
      const drive = statusChanges()
      using streams = await openStreams(there, READERS)
      await drive(here, 1000)
      streams.count()
      await drive(here, seconds * 1000)
      await new Promise((resolve) => setTimeout(resolve, 500))
      const { events, closed, p50Ms, p99Ms } = await streams.report()
      if (closed > 0 || events === 0) throw new Error(`${events} events, ${closed} streams ended`)
      samples.p99?.push(p99Ms)
      samples.p50?.push(p50Ms)
    }
    const value = median(samples.p99 ?? [])
    return {
      unit: 'ms',
      samples,
      verdicts: [{ what: 'p99', value, unit: 'ms', target: 250, good: 'at most' }],
    }
  },
}

async function untilWordsAreIndexed(server: {
  query<Row extends object>(sql: string): Promise<Row[]>
}): Promise<void> {
  for (;;) {
    const rows = await server.query<{ done: boolean }>(
      'SELECT i.revision >= r.revision AS done FROM rollcall.indexing i, rollcall.registry r',
    )
    if (rows[0]?.done) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
