// `rollcall doctor` looks at a real PostgreSQL: one in order, and one with something wrong at a time.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../postgres/free-port.ts'
import { queryOnce } from '../postgres/postgres-client.ts'
import { PostgresReplica } from '../postgres/postgres-replica.ts'
import { PostgresServer } from '../postgres/postgres-server.ts'
import { RegistryProcess } from './registry-process.ts'
import { runRollcall } from './rollcall-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

interface Finding {
  readonly topic: string
  readonly verdict: 'good' | 'odd' | 'wrong'
  readonly message: string
  readonly advice?: string
}

let postgres: PostgresServer
let folder: TemporaryFolder
let registry: RegistryProcess
let url: string
beforeAll(async () => {
  folder = new TemporaryFolder()
  postgres = await PostgresServer.launch({ isInMemory: true })
  url = await postgres.createDatabase()
  registry = await RegistryProcess.start({ cwd: folder.path, db: url })
}, 60_000)
afterAll(async () => {
  await registry.kill()
  await postgres[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** What the doctor says of a store, beside the registry that runs. */
async function examine(db: string, ...args: string[]) {
  const { code, stdout, stderr } = await runRollcall(
    ['doctor', '--json', '--registry', registry.url, '--db', db, ...args],
    { cwd: folder.path },
  )
  const secret = /\/\/[^:]*:([^@]*)@/.exec(db)?.[1]
  if (secret) expect(stdout + stderr).not.toContain(secret)
  expect(stderr).toBe('')
  const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(stdout)
  expect(ok).toBe(code === 0)
  const first = findings.findIndex(({ topic }) => topic === 'database')
  const ofStore = findings.slice(first)
  const about = (topic: string) => ofStore.find((it) => it.topic === topic)
  return { code, findings: ofStore, about }
}

const TOPICS = [
  ...['database', 'postgres', 'encryption', 'durability', 'replicas', 'connections'],
  ...['long work', 'id supply', 'its clock', 'schema', 'rights', 'nodes', 'words'],
  ...['vacuum', 'updates'],
]

test('a database in order has a good word for everything', async () => {
  const { code, findings, about } = await examine(url)
  expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([])
  expect(code).toBe(0)
  expect(findings.map(({ topic }) => topic)).toEqual(TOPICS)
  expect(about('database')?.message).toBe(`127.0.0.1:${postgres.port} is the primary`)
  expect(about('postgres')?.message).toMatch(/^\d+\.\d+; 15 or newer is needed$/)
  expect(about('schema')?.message).toBe('rollcall, version 1')
  expect(about('nodes')?.message).toMatch(/^1 alive, last sign of life \d+ ms ago; \S+ sweeps$/)
  expect(about('connections')?.message).toMatch(
    /^200 allowed; 1 node may take 18, others have \d+$/,
  )
})

test('for people it is one line for each, and no JSON', async () => {
  const { stdout } = await runRollcall(['doctor', '--registry', registry.url, '--db', url], {
    cwd: folder.path,
  })
  expect(stdout).toMatch(/^✓ schema {7}rollcall, version 1$/m)
  expect(stdout).not.toContain('\x1b')
})

test('a schema that is not there yet is no fault', async () => {
  const { code, about } = await examine(url, '--db-schema', 'other')
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
  const name = () => new URL(url).pathname.slice(1)

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
    for (const sql of spoil()) await queryOnce(url, sql)
    try {
      const { code, findings, about } = await examine(url)
      expect(about(topic)?.message).toMatch(message)
      expect(about(topic)).toMatchObject({ verdict, advice: expect.any(String) })
      // That, and nothing else.
      expect(findings.filter((it) => it.verdict !== 'good')).toEqual([about(topic)])
      expect(code).toBe(verdict === 'wrong' ? 1 : 0)
    } finally {
      for (const sql of mend()) await queryOnce(url, sql)
    }
  })
})

describe('a role', () => {
  const PASSWORD = 'of-the-limited'
  let roles = 0

  /** The URL for a new role, after what a superuser did for it. */
  async function roleWith(
    allow: (role: string) => string[],
  ): Promise<{ role: string; db: string }> {
    const role = `limited_${++roles}`
    await queryOnce(url, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
    for (const sql of allow(role)) await queryOnce(url, sql)
    const limited = new URL(url)
    limited.username = role
    limited.password = PASSWORD
    return { role, db: limited.href }
  }

  test('that may not make the schema is told how to', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await examine(db, '--db-schema', 'other')
    expect(code).toBe(1)
    expect(about('schema')).toEqual({
      topic: 'schema',
      verdict: 'wrong',
      message: `other is not there, and ${role} may not make it`,
      advice: `CREATE SCHEMA other AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${new URL(url).pathname.slice(1)}`,
    })
  })

  test('that has a schema of its own can begin', async () => {
    const { db } = await roleWith((role) => [`CREATE SCHEMA own AUTHORIZATION ${role}`])
    const { code, about } = await examine(db, '--db-schema', 'own')
    expect(about('schema')).toMatchObject({ verdict: 'good' })
    expect(about('long work')?.message).toContain('those of other roles are hidden')
    expect(code).toBe(0)
  })

  test('that may make nothing in an empty schema cannot', async () => {
    const { db } = await roleWith((role) => [
      'CREATE SCHEMA empty',
      `GRANT USAGE ON SCHEMA empty TO ${role}`,
    ])
    const { code, about } = await examine(db, '--db-schema', 'empty')
    expect(about('schema')).toMatchObject({ verdict: 'wrong' })
    expect(code).toBe(1)
  })

  test('that may not use the schema is told so', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await examine(db)
    expect(about('rights')).toMatchObject({
      verdict: 'wrong',
      message: `${role} may not use the schema rollcall`,
      advice: expect.stringContaining(`GRANT USAGE ON SCHEMA rollcall TO ${role}`),
    })
    expect(code).toBe(1)
  })

  test('that may only read is told what it lacks', async () => {
    const { role, db } = await roleWith((name) => [
      `GRANT USAGE ON SCHEMA rollcall TO ${name}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA rollcall TO ${name}`,
    ])
    const { code, about } = await examine(db)
    expect(about('rights')).toMatchObject({ verdict: 'wrong' })
    expect(about('rights')?.message).toMatch(
      new RegExp(`^${role} lacks DELETE agents, DELETE checks and \\d+ more$`),
    )
    expect(about('schema')).toMatchObject({ verdict: 'good' })
    expect(code).toBe(1)
  })

  test('that may do what a node does is fine', async () => {
    const { db } = await roleWith((name) => [
      `GRANT USAGE ON SCHEMA rollcall TO ${name}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollcall TO ${name}`,
    ])
    const { code, findings } = await examine(db)
    expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([])
    expect(code).toBe(0)
  })

  test('that may have few connections is told', async () => {
    const { db } = await roleWith((name) => [`ALTER ROLE ${name} CONNECTION LIMIT 10`])
    const { about } = await examine(db)
    expect(about('connections')).toMatchObject({
      verdict: 'odd',
      message: expect.stringMatching(/^10 allowed; 1 node may take 18/),
    })
    const small = await examine(`${db}?pool_size=2`)
    expect(small.about('connections')).toMatchObject({ verdict: 'good' })
  })
})

describe('a database that cannot be asked', () => {
  /** The URL, with parts of it replaced. */
  function changed(parts: Partial<Pick<URL, 'password' | 'pathname' | 'port'>>): string {
    return Object.assign(new URL(url), parts).href
  }

  test.each([
    {
      title: 'with a wrong password',
      change: { password: 'wrong-password' },
      said: /password authentication failed/,
      advice: 'Check user and password of --db',
    },
    {
      title: 'that does not exist',
      change: { pathname: '/nowhere' },
      said: /database "nowhere" does not exist/,
      advice: 'Make it with: CREATE DATABASE nowhere',
    },
  ])('$title is wrong, with what to do', async ({ change, said, advice }) => {
    const { code, findings } = await examine(changed(change))
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong', advice }])
    expect(findings[0]?.message).toMatch(said)
    expect(code).toBe(1)
  })

  test('because nobody listens is wrong', async () => {
    const { code, findings } = await examine(changed({ port: String(await freePort()) }))
    expect(findings).toMatchObject([{ verdict: 'wrong', advice: 'Is PostgreSQL running there?' }])
    expect(code).toBe(1)
  })

  test('because its URL is none is wrong', async () => {
    const { code, findings } = await examine('postgres://me:pass/word@host/db')
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong' }])
    expect(JSON.stringify(findings)).not.toContain('pass/word')
    expect(code).toBe(1)
  })

  test('because it stands still is wrong, and soon known', async () => {
    postgres.freeze()
    try {
      const began = performance.now()
      const { code, findings } = await examine(url, '--timeout', '1')
      expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong' }])
      expect(findings[0]?.message).toMatch(/timeout/)
      expect(code).toBe(1)
      // The registry was waited for as well.
      expect(performance.now() - began).toBeLessThan(8000)
    } finally {
      postgres.thaw()
    }
  })
})

describe('with a standby', () => {
  let standby: PostgresReplica
  const both = () => url.replace(/@[^/]+/, `@127.0.0.1:${postgres.port},127.0.0.1:${standby.port}`)
  beforeAll(async () => {
    standby = await PostgresReplica.of(postgres, { isInMemory: true })
    await standby.catchUp(postgres)
  }, 60_000)
  afterAll(() => standby[Symbol.asyncDispose]())

  test('that is behind, a failover may lose something', async () => {
    const { code, findings } = await examine(both())
    expect(findings.slice(0, 2)).toMatchObject([
      { verdict: 'good', message: `127.0.0.1:${postgres.port} is the primary` },
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
    await postgres.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`)
    await postgres.query('SELECT pg_reload_conf()')
    try {
      await expect
        .poll(async () => (await examine(both())).about('replicas'), { timeout: 15_000 })
        .toEqual({ topic: 'replicas', verdict: 'good', message: `${standby.name} (sync)` })
    } finally {
      await postgres.query('ALTER SYSTEM RESET synchronous_standby_names')
      await postgres.query('SELECT pg_reload_conf()')
    }
  })

  test('alone there is nobody to write to', async () => {
    const { code, findings } = await examine(url.replace(/:\d+\//, `:${standby.port}/`))
    expect(findings).toMatchObject([
      { verdict: 'wrong', message: `127.0.0.1:${standby.port} is a standby` },
    ])
    expect(code).toBe(1)
  })

  test('a host that is away does no harm while another is the primary', async () => {
    const away = both().replace(`127.0.0.1:${standby.port}`, '127.0.0.1:1')
    const { code, findings } = await examine(away)
    expect(findings[1]).toMatchObject({ verdict: 'odd', message: expect.stringContaining(':1') })
    expect(code).toBe(0)
  })
})
