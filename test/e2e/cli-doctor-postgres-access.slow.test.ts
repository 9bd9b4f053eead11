// `rollcall doctor` with a PostgreSQL without privileges, or one that is unreachable.
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

  /** Creates a role with some grants. Returns its name and URL. */
  async function roleWith(
    grants: (role: string) => string[],
  ): Promise<{ role: string; db: string }> {
    const role = `limited_${++roles}`
    await queryOnce(session.url, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
    for (const sql of grants(role)) await queryOnce(session.url, sql)
    const limited = new URL(session.url)
    limited.username = role
    limited.password = PASSWORD
    return { role, db: limited.href }
  }

  test('that may not create the schema gets advice', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await session.examine(db, '--db-schema', 'other')
    expect(code).toBe(1)
    expect(about('schema')).toEqual({
      topic: 'schema',
      verdict: 'fail',
      message: `other does not exist, and ${role} may not create it`,
      advice: `CREATE SCHEMA other AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${new URL(session.url).pathname.slice(1)}`,
    })
  })

  test('that owns a schema can start', async () => {
    const { db } = await roleWith((role) => [`CREATE SCHEMA own AUTHORIZATION ${role}`])
    const { code, about } = await session.examine(db, '--db-schema', 'own')
    expect(about('schema')).toMatchObject({ verdict: 'ok' })
    expect(about('transactions')?.message).toContain('those of other roles are not visible')
    expect(code).toBe(0)
  })

  test('that may not create tables in an empty schema cannot start', async () => {
    const { db } = await roleWith((role) => [
      'CREATE SCHEMA empty',
      `GRANT USAGE ON SCHEMA empty TO ${role}`,
    ])
    const { code, about } = await session.examine(db, '--db-schema', 'empty')
    expect(about('schema')).toMatchObject({ verdict: 'fail' })
    expect(code).toBe(1)
  })

  test('without USAGE on the schema gets advice', async () => {
    const { role, db } = await roleWith(() => [])
    const { code, about } = await session.examine(db)
    expect(about('privileges')).toMatchObject({
      verdict: 'fail',
      message: `${role} has no USAGE privilege on the schema rollcall`,
      advice: expect.stringContaining(`GRANT USAGE ON SCHEMA rollcall TO ${role}`),
    })
    expect(code).toBe(1)
  })

  test('with read-only privileges gets a list of missing privileges', async () => {
    const { role, db } = await roleWith((name) => [
      `GRANT USAGE ON SCHEMA rollcall TO ${name}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA rollcall TO ${name}`,
    ])
    const { code, about } = await session.examine(db)
    expect(about('privileges')).toMatchObject({ verdict: 'fail' })
    expect(about('privileges')?.message).toMatch(
      new RegExp(
        `^${role} lacks DELETE access_tokens, DELETE access_tokens_version and \\d+ more$`,
      ),
    )
    expect(about('schema')).toMatchObject({ verdict: 'ok' })
    expect(code).toBe(1)
  })

  test('with the privileges of a node is ok', async () => {
    const { db } = await roleWith((name) => [
      `GRANT USAGE ON SCHEMA rollcall TO ${name}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rollcall TO ${name}`,
    ])
    const { code, findings } = await session.examine(db)
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(code).toBe(0)
  })

  test('with a low connection limit gets a warning', async () => {
    const { db } = await roleWith((name) => [`ALTER ROLE ${name} CONNECTION LIMIT 10`])
    const { about } = await session.examine(db)
    expect(about('connections')).toMatchObject({
      verdict: 'warn',
      message: expect.stringMatching(/^max 10; 1 node may use 21/),
    })
    const small = await session.examine(`${db}?pool_size=2`)
    expect(small.about('connections')).toMatchObject({ verdict: 'ok' })
  })
})

describe('an unreachable database', () => {
  /** Returns the URL with some parts replaced. */
  function changed(parts: Partial<Pick<URL, 'password' | 'pathname' | 'port'>>): string {
    return Object.assign(new URL(session.url), parts).href
  }

  test.each([
    {
      title: 'with a wrong password',
      change: { password: 'wrong-password' },
      reason: /password authentication failed/,
      advice: 'Check user and password of --db',
    },
    {
      title: 'that does not exist',
      change: { pathname: '/nowhere' },
      reason: /database "nowhere" does not exist/,
      advice: 'Create it with: CREATE DATABASE nowhere',
    },
  ])('$title fails with advice', async ({ change, reason, advice }) => {
    const { code, findings } = await session.examine(changed(change))
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'fail', advice }])
    expect(findings[0]?.message).toMatch(reason)
    expect(code).toBe(1)
  })

  test('fails if no server is listening', async () => {
    const { code, findings } = await session.examine(changed({ port: String(await freePort()) }))
    expect(findings).toMatchObject([{ verdict: 'fail', advice: 'Is PostgreSQL running there?' }])
    expect(code).toBe(1)
  })

  test('fails with an invalid URL', async () => {
    const { code, findings } = await session.examine('postgres://me:pass/word@host/db')
    expect(findings).toMatchObject([{ topic: 'database', verdict: 'fail' }])
    expect(JSON.stringify(findings)).not.toContain('pass/word')
    expect(code).toBe(1)
  })

  test('fails soon if the server hangs', async () => {
    session.postgres.freeze()
    try {
      const startedAt = performance.now()
      const { code, findings } = await session.examine(session.url, '--timeout', '1')
      expect(findings).toMatchObject([{ topic: 'database', verdict: 'fail' }])
      expect(findings[0]?.message).toMatch(/timeout/)
      expect(code).toBe(1)
      // The time includes the checks of the registry.
      expect(performance.now() - startedAt).toBeLessThan(8000)
    } finally {
      session.postgres.thaw()
    }
  })
})
