// How `rollcall serve` reports an unusable database: in one line, never with the password. The line
// for an outdated PostgreSQL is untested, since npm offers no outdated PostgreSQL.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { RegistryNodes } from './support/registry-nodes.ts'

/** Unique, so any occurrence in the output is a leak. */
const SECRET = 'hunter2-of-the-tests'

let postgres: PostgresServer
let database: string
beforeAll(async () => {
  postgres = await PostgresServer.launch({ isInMemory: true })
  database = new URL(await postgres.createDatabase()).pathname.slice(1)
})
afterAll(() => postgres[Symbol.asyncDispose]())

/** URL of the server, with parts of it replaced. */
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

/** Runs `rollcall serve` until it exits. Returns its exit code and the line it printed. */
async function startupError(db: string): Promise<{ code: number | null; line: string }> {
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
  const { code, line } = await startupError(url({ password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('password authentication failed for user "rollcall"')
  expect(line).toContain('Check user and password of --db')
  expect(line).toContain(`127.0.0.1:${postgres.port}`)
})

test.concurrent('a user that does not exist', async ({ expect }) => {
  const { code, line } = await startupError(url({ user: 'nobody', password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('user "nobody"')
  expect(line).toContain('Check user and password of --db')
})

test.concurrent('no password where one is needed', async ({ expect }) => {
  const { code, line } = await startupError(url({}).replace(/:[^:@]*@/, '@'))
  expect(code).toBe(1)
  expect(line).toContain('the server requires a password, and the URL has none')
})

test.concurrent('an unknown database', async ({ expect }) => {
  const { code, line } = await startupError(url({ name: 'nowhere' }))
  expect(code).toBe(1)
  expect(line).toContain('database "nowhere" does not exist')
  expect(line).toContain('CREATE DATABASE nowhere')
})

test.concurrent('no server listens', async ({ expect }) => {
  const port = await freePort()
  const { code, line } = await startupError(url({ port, password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
  expect(line).toContain('Is PostgreSQL running there?')
})

test.concurrent('an unknown host', async ({ expect }) => {
  const { code, line } = await startupError(`postgres://u:${SECRET}@rollcall.invalid/db`)
  expect(code).toBe(1)
  expect(line).toContain('rollcall.invalid')
})

test.concurrent('a server that accepts connections and never responds', async ({ expect }) => {
  await using silent = await UnresponsiveServer.start()
  const { code, line } = await startupError(
    url({ port: silent.port, password: SECRET, connectTimeout: 1 }),
  )
  expect(code).toBe(1)
  expect(line).toMatch(/timeout/)
  expect(line).toContain('Is PostgreSQL running there?')
})

test.concurrent('a role that may not connect', async ({ expect }) => {
  await postgres.query(`CREATE ROLE full_up LOGIN PASSWORD '${SECRET}' CONNECTION LIMIT 0`)
  const { code, line } = await startupError(url({ user: 'full_up', password: SECRET }))
  expect(code).toBe(1)
  expect(line).toContain('too many connections for role "full_up"')
})

test.concurrent('a role that may not create a schema', async ({ expect }) => {
  await postgres.query(`CREATE ROLE reader LOGIN PASSWORD '${SECRET}'`)
  const { code, line } = await startupError(url({ user: 'reader', password: SECRET }))
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
  const { code, line } = await startupError(url({ user: 'stranger', password: SECRET, name }))
  expect(code).toBe(1)
  expect(line).toMatch(/permission denied for schema rollcall/)
})

test.concurrent('a schema created by a newer version', async ({ expect }) => {
  const newer = await postgres.createDatabase()
  await (await RegistryNodes.start(newer, { count: 1 }))[Symbol.asyncDispose]()
  await queryOnce(newer, 'INSERT INTO rollcall.migrations VALUES (999)')
  const { code, line } = await startupError(newer)
  expect(code).toBe(1)
  expect(line).toMatch(/made by a newer Rollcall \(version 999; this one knows \d+\)/)
  expect(line).toContain('--db-schema')
  // It leaves the schema untouched.
  const [last] = await queryOnce(newer, 'SELECT max(version) AS version FROM rollcall.migrations')
  expect(last).toEqual({ version: 999 })
})

test.concurrent('encryption that the server does not support', async ({ expect }) => {
  const { code, line } = await startupError(`${url({})}&sslmode=require`)
  expect(code).toBe(1)
  expect(line).toMatch(/SSL/)
})

/** Accepts connections and never responds. */
class UnresponsiveServer implements AsyncDisposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(): Promise<UnresponsiveServer> {
    const port = await freePort()
    const server = createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return new UnresponsiveServer(server, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
  }
}
