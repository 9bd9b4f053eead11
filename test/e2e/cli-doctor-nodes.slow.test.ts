// Two nodes that start at the same time on an empty database, and one whose password is not in its
// URL.
import { expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test('doctor counts both nodes, and migrate fails while either is running', async () => {
  using folder = new TemporaryFolder()
  await using database = await freshDatabase()
  const cwd = folder.path
  // Creates a file to migrate, with an empty registry.
  await using empty = await RegistryProcess.start({ cwd, db: 'sqlite:///old.db' })
  await empty.stop()

  const start = () => RegistryProcess.start({ cwd, db: database.url })
  const [first, second] = await Promise.all([start(), start()])
  await using _first = first
  await using _second = second
  const run = (...args: string[]) => runRollcall(args, { cwd, env: { REGISTRY_URL: second.url } })
  const nodes = async () => {
    const { stdout } = await run('doctor', '--db', database.url, '--json')
    const { findings }: { findings: { topic: string; message: string }[] } = JSON.parse(stdout)
    return findings.find(({ topic }) => topic === 'nodes')?.message
  }
  await eventually(nodes).toMatch(/^2 alive/)

  await first.stop()
  await eventually(nodes).toMatch(/^1 alive/)
  const { code, stderr } = await run('migrate', '--from', 'sqlite:///old.db', '--to', database.url)
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('stop it first') })
})

test('a password in PGPASSWORD works like one in the URL', async () => {
  using folder = new TemporaryFolder()
  await using database = await freshDatabase()
  const url = new URL(database.url)
  const env = { PGPASSWORD: decodeURIComponent(url.password) }
  url.password = ''
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: url.href, env })
  expect(registry.output).toContain('storage postgres://***@')
  expect((await registry.http.get('/health')).status).toBe(200)
})
