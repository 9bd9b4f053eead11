// `rollcall doctor` looks at a real PostgreSQL: one in order, one with something wrong at a time, and
// one with a standby.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
  ...['long work', 'id supply', 'its clock', 'schema', 'rights', 'nodes', 'words'],
  ...['vacuum', 'updates'],
]

test('a database in order has a good word for everything', async () => {
  const { code, findings, about } = await session.examine(session.url)
  expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([])
  expect(code).toBe(0)
  expect(findings.map(({ topic }) => topic)).toEqual(TOPICS)
  expect(about('database')?.message).toBe(`127.0.0.1:${session.postgres.port} is the primary`)
  expect(about('postgres')?.message).toMatch(/^\d+\.\d+; 15 or newer is needed$/)
  expect(about('schema')?.message).toBe('rollcall, version 4')
  expect(about('nodes')?.message).toMatch(/^1 alive, last sign of life \d+ ms ago; \S+ sweeps$/)
  expect(about('connections')?.message).toMatch(
    /^200 allowed; 1 node may take 21, others have \d+$/,
  )
})

test('for people it is one line for each, and no JSON', async () => {
  const { stdout } = await session.run(session.url)
  expect(stdout).toMatch(/^✓ schema {7}rollcall, version 4$/m)
  expect(stdout).not.toContain('\x1b')
})

test('a schema that is not there yet is no fault', async () => {
  const { code, about } = await session.examine(session.url, '--db-schema', 'other')
  expect(code).toBe(0)
  expect(about('schema')).toEqual({
    topic: 'schema',
    verdict: 'good',
    message: 'other is not there yet: rollcall serve makes it',
  })
})

describe('with something wrong', () => {
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
      spoil: () => system('fsync'),
      mend: () => reset('fsync'),
      finding: { topic: 'durability', verdict: 'wrong', message: 'fsync off' },
    },
    {
      title: 'pages are written in halves',
      spoil: () => system('full_page_writes'),
      mend: () => reset('full_page_writes'),
      finding: { topic: 'durability', verdict: 'wrong', message: 'full_page_writes off' },
    },
    {
      title: 'commits are acknowledged too early',
      spoil: () => [`ALTER DATABASE ${name()} SET synchronous_commit = off`],
      mend: () => [`ALTER DATABASE ${name()} RESET synchronous_commit`],
      finding: { topic: 'durability', verdict: 'odd', message: /acknowledged registrations/ },
    },
    {
      title: 'commits wait for a standby that is not there',
      spoil: () => [
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
        'SELECT pg_reload_conf()',
        'SELECT pg_sleep(0.3)',
      ],
      mend: () => reset('synchronous_standby_names'),
      finding: { topic: 'replicas', verdict: 'wrong', message: /every commit waits/ },
    },
    {
      title: 'nobody vacuums',
      spoil: () => system('autovacuum'),
      mend: () => reset('autovacuum'),
      finding: { topic: 'vacuum', verdict: 'odd', message: 'autovacuum is off: tables grow' },
    },
    {
      title: 'nobody vacuums the agents',
      spoil: () => [`${agents} SET (autovacuum_enabled = false)`],
      mend: () => [`${agents} RESET (autovacuum_enabled)`],
      finding: { topic: 'vacuum', verdict: 'odd', message: /off for agents/ },
    },
    {
      title: 'pages are filled to the brim',
      spoil: () => [`${agents} SET (fillfactor = 100)`],
      mend: () => [`${agents} SET (fillfactor = 60)`],
      finding: {
        topic: 'updates',
        verdict: 'odd',
        message: 'the fillfactor of agents is 100, not 60',
      },
    },
    {
      title: 'words have no index',
      spoil: () => ['ALTER INDEX rollcall.words_by_trigram RENAME TO away'],
      mend: () => ['ALTER INDEX rollcall.away RENAME TO words_by_trigram'],
      finding: { topic: 'words', verdict: 'odd', message: /look at every agent/ },
    },
    {
      title: 'a newer version made it',
      spoil: () => ['INSERT INTO rollcall.migrations VALUES (999)'],
      mend: () => ['DELETE FROM rollcall.migrations WHERE version = 999'],
      finding: {
        topic: 'schema',
        verdict: 'wrong',
        message: /has version 999; this Rollcall knows/,
      },
    },
  ] as const)('says that $title', async ({ spoil, mend, finding }) => {
    const { topic, verdict, message } = finding
    for (const sql of spoil()) await queryOnce(session.url, sql)
    try {
      const { code, findings, about } = await session.examine(session.url)
      expect(about(topic)?.message).toMatch(message)
      expect(about(topic)).toMatchObject({ verdict, advice: expect.any(String) })
      // That, and nothing else.
      expect(findings.filter((it) => it.verdict !== 'good')).toEqual([about(topic)])
      expect(code).toBe(verdict === 'wrong' ? 1 : 0)
    } finally {
      for (const sql of mend()) await queryOnce(session.url, sql)
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

  test('that is behind, a failover may lose something', async () => {
    const { code, findings } = await session.examine(both())
    expect(findings.slice(0, 2)).toMatchObject([
      { verdict: 'good', message: `127.0.0.1:${session.postgres.port} is the primary` },
      { verdict: 'good', message: `127.0.0.1:${standby.port} is a standby` },
    ])
    expect(findings.filter(({ verdict }) => verdict !== 'good')).toMatchObject([
      {
        topic: 'replicas',
        verdict: 'odd',
        message: `${standby.name} (async); a failover may lose the last acknowledged changes`,
      },
    ])
    expect(code).toBe(0)
  })

  test('that is synchronous, it may not', async () => {
    await session.postgres.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`)
    await session.postgres.query('SELECT pg_reload_conf()')
    try {
      await expect
        .poll(async () => (await session.examine(both())).about('replicas'))
        .toEqual({ topic: 'replicas', verdict: 'good', message: `${standby.name} (sync)` })
    } finally {
      await session.postgres.query('ALTER SYSTEM RESET synchronous_standby_names')
      await session.postgres.query('SELECT pg_reload_conf()')
    }
  })

  test('alone there is nobody to write to', async () => {
    const { code, findings } = await session.examine(
      session.url.replace(/:\d+\//, `:${standby.port}/`),
    )
    expect(findings).toMatchObject([
      { verdict: 'wrong', message: `127.0.0.1:${standby.port} is a standby` },
    ])
    expect(code).toBe(1)
  })

  test('a host that is away does no harm while another is the primary', async () => {
    const away = both().replace(`127.0.0.1:${standby.port}`, '127.0.0.1:1')
    const { code, findings } = await session.examine(away)
    expect(findings[1]).toMatchObject({ verdict: 'odd', message: expect.stringContaining(':1') })
    expect(code).toBe(0)
  })
})
