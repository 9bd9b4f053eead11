// `rollcall doctor` looks at a PostgreSQL that it may not use, or cannot ask at all.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../postgres/support/free-port.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { DoctorSession } from './support/doctor-session.ts'

let session: DoctorSession
beforeAll(async () => {
  session = await DoctorSession.start()
})
afterAll(() => session[Symbol.asyncDispose]())

describe('a role', () => {
  const PASSWORD = 'of-the-limited'
  let roles = 0

  /** The URL for a new role, after what a superuser did for it. */
  async function roleWith(
    allow: (role: string) => string[],
  ): Promise<{ role: string; db: string }> {
    const role = `limited_${++roles}`
    await queryOnce(session.url, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
    for (const sql of allow(role)) await queryOnce(session.url, sql)
    const limited = new URL(session.url)
    limited.username = role
    limited.password = PASSWORD
    return { role, db: limited.href }
  }

  test('that may not make the schema is told how to', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await session.examine(db, '--db-schema', 'other')
    expect(code).toBe(1)
    expect(about('schema')).toEqual({
      topic: 'schema',
      verdict: 'wrong',
      message: `other is not there, and ${role} may not make it`,
      advice: `CREATE SCHEMA other AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${new URL(session.url).pathname.slice(1)}`,
    })
  })

  test('that has a schema of its own can begin', async () => {
    const { db } = await roleWith((role) => [`CREATE SCHEMA own AUTHORIZATION ${role}`])
    const { code, about } = await session.examine(db, '--db-schema', 'own')
    expect(about('schema')).toMatchObject({ verdict: 'good' })
    expect(about('long work')?.message).toContain('those of other roles are hidden')
    expect(code).toBe(0)
  })

  test('that may make nothing in an empty schema cannot', async () => {
    const { db } = await roleWith((role) => [
      'CREATE SCHEMA empty',
      `GRANT USAGE ON SCHEMA empty TO ${role}`,
    ])
    const { code, about } = await session.examine(db, '--db-schema', 'empty')
    expect(about('schema')).toMatchObject({ verdict: 'wrong' })
    expect(code).toBe(1)
  })

  test('that may not use the schema is told so', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await session.examine(db)
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
    const { code, about } = await session.examine(db)
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
    const { code, findings } = await session.examine(db)
    expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([])
    expect(code).toBe(0)
  })

  test('that may have few connections is told', async () => {
    const { db } = await roleWith((name) => [`ALTER ROLE ${name} CONNECTION LIMIT 10`])
    const { about } = await session.examine(db)
    expect(about('connections')).toMatchObject({
      verdict: 'odd',
      message: expect.stringMatching(/^10 allowed; 1 node may take 21/),
    })
    const small = await session.examine(`${db}?pool_size=2`)
    expect(small.about('connections')).toMatchObject({ verdict: 'good' })
  })
})

describe('a database that cannot be asked', () => {
  /** The URL, with parts of it replaced. */
  function changed(parts: Partial<Pick<URL, 'password' | 'pathname' | 'port'>>): string {
    return Object.assign(new URL(session.url), parts).href
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
    const { code, findings } = await session.examine(changed(change))
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong', advice }])
    expect(findings[0]?.message).toMatch(said)
    expect(code).toBe(1)
  })

  test('because nobody listens is wrong', async () => {
    const { code, findings } = await session.examine(changed({ port: String(await freePort()) }))
    expect(findings).toMatchObject([{ verdict: 'wrong', advice: 'Is PostgreSQL running there?' }])
    expect(code).toBe(1)
  })

  test('because its URL is none is wrong', async () => {
    const { code, findings } = await session.examine('postgres://me:pass/word@host/db')
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong' }])
    expect(JSON.stringify(findings)).not.toContain('pass/word')
    expect(code).toBe(1)
  })

  test('because it stands still is wrong, and soon known', async () => {
    session.postgres.freeze()
    try {
      const began = performance.now()
      const { code, findings } = await session.examine(session.url, '--timeout', '1')
      expect(findings).toMatchObject([{ topic: 'database', verdict: 'wrong' }])
      expect(findings[0]?.message).toMatch(/timeout/)
      expect(code).toBe(1)
      // The registry was waited for as well.
      expect(performance.now() - began).toBeLessThan(8000)
    } finally {
      session.postgres.thaw()
    }
  })
})
