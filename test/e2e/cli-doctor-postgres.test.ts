// `rollcall doctor` with a real PostgreSQL: a healthy one, one with a single problem at a time, and
// one with a standby.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIGRATIONS } from '../../packages/server/src/storage/postgres/schema/migrations/index.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { PostgresReplica } from '../postgres/support/postgres-replica.ts'
import { DoctorSession } from './support/doctor-session.ts'

let session: DoctorSession
beforeAll(async () => {
  session = await DoctorSession.start()
})
afterAll(() => session[Symbol.asyncDispose]())

const TOPICS = [
  ...['database', 'postgres', 'encryption', 'durability', 'replicas', 'connections'],
  ...['transactions', 'wraparound', 'db clock', 'schema', 'privileges', 'nodes', 'search index'],
  ...['vacuum', 'updates'],
]

test('a healthy database is ok in every check', async () => {
  const { code, findings, about } = await session.examine(session.url)
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
  expect(code).toBe(0)
  expect(findings.map(({ topic }) => topic)).toEqual(TOPICS)
  expect(about('database')?.message).toBe(`127.0.0.1:${session.postgres.port} is the primary`)
  expect(about('postgres')?.message).toMatch(/^\d+\.\d+ \(15 or newer is required\)$/)
  expect(about('schema')?.message).toBe(`rollcall, version ${MIGRATIONS.length}`)
  expect(about('nodes')?.message).toMatch(/^1 alive, last heartbeat \d+ ms ago; \S+ sweeps$/)
  expect(about('connections')?.message).toMatch(/^max 200; 1 node may use 21, others use \d+$/)
})

test('text output is one line per check', async () => {
  const { stdout } = await session.run(session.url)
  expect(stdout).toMatch(/^✓ schema {8}rollcall, version \d+$/m)
  expect(stdout).not.toContain('\x1b')
})

test('a missing schema is ok', async () => {
  const { code, about } = await session.examine(session.url, '--db-schema', 'other')
  expect(code).toBe(0)
  expect(about('schema')).toEqual({
    topic: 'schema',
    verdict: 'ok',
    message: 'other does not exist yet; rollcall serve creates it',
  })
})

describe('with a problem', () => {
  const system = (setting: string) => [
    `ALTER SYSTEM SET ${setting} = off`,
    'SELECT pg_reload_conf()',
    'SELECT pg_sleep(0.3)',
  ]
  const reset = (setting: string) => [`ALTER SYSTEM RESET ${setting}`, 'SELECT pg_reload_conf()']
  const agents = 'ALTER TABLE rollcall.agents'
  const name = () => new URL(session.url).pathname.slice(1)

  test.each([
    {
      title: 'fsync is off',
      apply: () => system('fsync'),
      revert: () => reset('fsync'),
      finding: { topic: 'durability', verdict: 'fail', message: 'fsync off' },
    },
    {
      title: 'full-page writes are off',
      apply: () => system('full_page_writes'),
      revert: () => reset('full_page_writes'),
      finding: { topic: 'durability', verdict: 'fail', message: 'full_page_writes off' },
    },
    {
      title: 'synchronous commits are off',
      apply: () => [`ALTER DATABASE ${name()} SET synchronous_commit = off`],
      revert: () => [`ALTER DATABASE ${name()} RESET synchronous_commit`],
      finding: { topic: 'durability', verdict: 'warn', message: /acknowledged registrations/ },
    },
    {
      title: 'commits wait for a missing standby',
      apply: () => [
        "ALTER SYSTEM SET synchronous_standby_names = 'missing'",
        'SELECT pg_reload_conf()',
        'SELECT pg_sleep(0.3)',
      ],
      revert: () => reset('synchronous_standby_names'),
      finding: { topic: 'replicas', verdict: 'fail', message: /every commit waits/ },
    },
    {
      title: 'autovacuum is off',
      apply: () => system('autovacuum'),
      revert: () => reset('autovacuum'),
      finding: { topic: 'vacuum', verdict: 'warn', message: 'autovacuum is off: tables grow' },
    },
    {
      title: 'autovacuum is off for agents',
      apply: () => [`${agents} SET (autovacuum_enabled = false)`],
      revert: () => [`${agents} RESET (autovacuum_enabled)`],
      finding: { topic: 'vacuum', verdict: 'warn', message: /off for agents/ },
    },
    {
      title: 'the fillfactor is 100',
      apply: () => [`${agents} SET (fillfactor = 100)`],
      revert: () => [`${agents} SET (fillfactor = 60)`],
      finding: {
        topic: 'updates',
        verdict: 'warn',
        message: 'the fillfactor of agents is 100, not 60',
      },
    },
    {
      title: 'the search index is missing',
      apply: () => ['ALTER INDEX rollcall.words_by_trigram RENAME TO renamed'],
      revert: () => ['ALTER INDEX rollcall.renamed RENAME TO words_by_trigram'],
      finding: { topic: 'search index', verdict: 'warn', message: /scan all agents/ },
    },
    {
      title: 'a newer version created the schema',
      apply: () => ['INSERT INTO rollcall.migrations VALUES (999)'],
      revert: () => ['DELETE FROM rollcall.migrations WHERE version = 999'],
      finding: {
        topic: 'schema',
        verdict: 'fail',
        message: /has version 999; this Rollcall supports/,
      },
    },
  ] as const)('reports that $title', async ({ apply, revert, finding }) => {
    const { topic, verdict, message } = finding
    for (const sql of apply()) await queryOnce(session.url, sql)
    try {
      const { code, findings, about } = await session.examine(session.url)
      expect(about(topic)?.message).toMatch(message)
      expect(about(topic)).toMatchObject({ verdict, advice: expect.any(String) })
      // This is the only problem.
      expect(findings.filter((it) => it.verdict !== 'ok')).toEqual([about(topic)])
      expect(code).toBe(verdict === 'fail' ? 1 : 0)
    } finally {
      for (const sql of revert()) await queryOnce(session.url, sql)
      await session.untilReady()
    }
  })
})

describe('with a standby', () => {
  let standby: PostgresReplica
  const both = () =>
    session.url.replace(/@[^/]+/, `@127.0.0.1:${session.postgres.port},127.0.0.1:${standby.port}`)
  beforeAll(async () => {
    standby = await PostgresReplica.of(session.postgres, { isInMemory: true })
    await standby.catchUp(session.postgres)
  })
  afterAll(() => standby[Symbol.asyncDispose]())

  test('that is asynchronous, a failover may lose changes', async () => {
    const { code, findings } = await session.examine(both())
    expect(findings.slice(0, 2)).toMatchObject([
      { verdict: 'ok', message: `127.0.0.1:${session.postgres.port} is the primary` },
      { verdict: 'ok', message: `127.0.0.1:${standby.port} is a standby` },
    ])
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toMatchObject([
      {
        topic: 'replicas',
        verdict: 'warn',
        message: `${standby.name} (async); a failover may lose the latest acknowledged changes`,
      },
    ])
    expect(code).toBe(0)
  })

  test('that is synchronous, it is ok', async () => {
    await session.postgres.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`)
    await session.postgres.query('SELECT pg_reload_conf()')
    try {
      await expect
        .poll(async () => (await session.examine(both())).about('replicas'))
        .toEqual({ topic: 'replicas', verdict: 'ok', message: `${standby.name} (sync)` })
    } finally {
      await session.postgres.query('ALTER SYSTEM RESET synchronous_standby_names')
      await session.postgres.query('SELECT pg_reload_conf()')
    }
  })

  test('without a primary, the check fails', async () => {
    const { code, findings } = await session.examine(
      session.url.replace(/:\d+\//, `:${standby.port}/`),
    )
    expect(findings).toMatchObject([
      { verdict: 'fail', message: `127.0.0.1:${standby.port} is a standby` },
    ])
    expect(code).toBe(1)
  })

  test('an unreachable host is a warning if another one is the primary', async () => {
    const unreachable = both().replace(`127.0.0.1:${standby.port}`, '127.0.0.1:1')
    const { code, findings } = await session.examine(unreachable)
    expect(findings[1]).toMatchObject({ verdict: 'warn', message: expect.stringContaining(':1') })
    expect(code).toBe(0)
  })
})
