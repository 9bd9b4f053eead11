// What `rollcall serve` says when it cannot use the database: one line, and never the password.
// A PostgreSQL that is too old cannot be had through npm, so nobody proves that line here.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { RegistryNodes } from './support/registry-nodes.ts'

/** Occurs nowhere else, so wherever it shows it was betrayed. */
const SECRET = 'hunter2-of-the-tests'

let postgres: PostgresServer
let database: string
beforeAll(async () => {
  postgres = await PostgresServer.launch({ isInMemory: true })
  database = new URL(await postgres.createDatabase()).pathname.slice(1)
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** Of the server, with parts of it replaced. */
function url({
  user = 'rollcall',
  password = new URL(postgres.url()).password,
  port = postgres.port,
  name = database,
  connectTimeout = 10,
}: {
  user?: string
  password?: string
  port?: number
  name?: string
  /** Seconds; more than a busy machine needs. */
  connectTimeout?: number
}): string {
  const server = `${user}:${password}@127.0.0.1:${port}`
  return `postgres://${server}/${name}?connect_timeout=${connectTimeout}`
}

/** Runs `rollcall serve` to its end; gives its exit code and the one line that it told. */
async function refusal(db: string): Promise<{ code: number | null; line: string }> {
  using folder = new TemporaryFolder()
  const { code, stdout, stderr } = await runRollcall(
    ['serve', '--port', '0', '--log-level', 'debug', '--db', db],
    { cwd: folder.path },
  )
  const password = /\/\/[^:]*:(.*)@/.exec(db)?.[1] || SECRET
  for (const secret of [password, SECRET]) expect(stdout + stderr).not.toContain(secret)
  const lines = stderr.trimEnd().split('\n')
  expect(lines.length, stderr).toBe(1)
  expect(lines[0]).toMatch(/^rollcall: /)
  return { code, line: lines[0] ?? '' }
}

test.concurrent('a wrong password', async ({ expect }) => {
  const { code, line } = await refusal(url({ password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('password authentication failed for user "rollcall"')
  expect(line).toContain('Check user and password of --db')
  expect(line).toContain(`127.0.0.1:${postgres.port}`)
})

test.concurrent('a user that does not exist', async ({ expect }) => {
  const { code, line } = await refusal(url({ user: 'nobody', password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('user "nobody"')
  expect(line).toContain('Check user and password of --db')
})

test.concurrent('no password where one is needed', async ({ expect }) => {
  const { code, line } = await refusal(url({}).replace(/:[^:@]*@/, '@'))
  expect(code).toBe(1)
  expect(line).toContain('it wants a password, and the URL has none')
})

test.concurrent('an unknown database', async ({ expect }) => {
  const { code, line } = await refusal(url({ name: 'nowhere' }))
  expect(code).toBe(1)
  expect(line).toContain('database "nowhere" does not exist')
  expect(line).toContain('CREATE DATABASE nowhere')
})

test.concurrent('nobody listens', async ({ expect }) => {
  const port = await freePort()
  const { code, line } = await refusal(url({ port, password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
  expect(line).toContain('Is PostgreSQL running there?')
})

test.concurrent('no such host', async ({ expect }) => {
  const { code, line } = await refusal(`postgres://u:${SECRET}@rollcall.invalid/db`)
  expect(code).toBe(1)
  expect(line).toContain('rollcall.invalid')
})

test.concurrent('somebody listens and never answers', async ({ expect }) => {
  await using silent = await Listener.start()
  const { code, line } = await refusal(
    url({ port: silent.port, password: SECRET, connectTimeout: 1 }),
  )
  expect(code).toBe(1)
  expect(line).toMatch(/timeout/)
  expect(line).toContain('Is PostgreSQL running there?')
})

test.concurrent('a role that may not connect', async ({ expect }) => {
  await postgres.query(`CREATE ROLE full_up LOGIN PASSWORD '${SECRET}' CONNECTION LIMIT 0`)
  const { code, line } = await refusal(url({ user: 'full_up', password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('too many connections for role "full_up"')
})

test.concurrent('a role that may not create a schema', async ({ expect }) => {
  await postgres.query(`CREATE ROLE reader LOGIN PASSWORD '${SECRET}'`)
  const { code, line } = await refusal(url({ user: 'reader', password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain(`permission denied for database ${database}`)
  expect(line).toContain(`GRANT CREATE ON DATABASE ${database}`)
  expect(line).toContain('CREATE SCHEMA rollcall AUTHORIZATION')
})

test.concurrent('a role that may not use the schema', async ({ expect }) => {
  const theirs = await postgres.createDatabase()
  await (await RegistryNodes.start(theirs, { count: 1 }))[Symbol.asyncDispose]()
  await postgres.query(`CREATE ROLE stranger LOGIN PASSWORD '${SECRET}'`)
  const name = new URL(theirs).pathname.slice(1)
  const { code, line } = await refusal(url({ user: 'stranger', password: SECRET, name }))
  expect(code).toBe(1)
  expect(line).toMatch(/permission denied for schema rollcall/)
})

test.concurrent('a schema that a newer version made', async ({ expect }) => {
  const newer = await postgres.createDatabase()
  await (await RegistryNodes.start(newer, { count: 1 }))[Symbol.asyncDispose]()
  await queryOnce(newer, 'INSERT INTO rollcall.migrations VALUES (999)')
  const { code, line } = await refusal(newer)
  expect(code).toBe(1)
  expect(line).toMatch(/made by a newer Rollcall \(version 999; this one knows \d+\)/)
  expect(line).toContain('--db-schema')
  // It has touched nothing.
  const [last] = await queryOnce(newer, 'SELECT max(version) AS version FROM rollcall.migrations')
  expect(last).toEqual({ version: 999 })
})

test.concurrent('encryption that the server does not have', async ({ expect }) => {
  const { code, line } = await refusal(`${url({})}&sslmode=require`)
  expect(code).toBe(1)
  expect(line).toMatch(/SSL/)
})

/** Accepts connections, and says nothing on them. */
class Listener implements AsyncDisposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(): Promise<Listener> {
    const port = await freePort()
    const server = createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new Listener(server, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
  }
}
