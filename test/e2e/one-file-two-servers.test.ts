// One file has one registry: a second process is rejected, and a kill leaves no stale lock.
import { symlinkSync } from 'node:fs'
import type { RegisteredAgent } from '@rollcall/protocol'
import { createStorageBackend } from '@rollcall/server'
import { expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

function serve(db: string, port = 0): string[] {
  return ['serve', '--port', `${port}`, '--db', db]
}

/** A rejected start: exit code 1 and one line on stderr, nothing else. */
function rejectedStart(says: RegExp) {
  return {
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^rollcall: .*${says.source}.*\n$`)),
  }
}

test('a second registry on the same file gets an error with the file and the process', async () => {
  using folder = new TemporaryFolder()
  const db = sqliteUrl(folder.file('a.db'))
  await using first = await RegistryProcess.start({ cwd: folder.path, db })

  const inUse = new RegExp(`${folder.file('a.db')} is in use .*process ${first.pid}\\b`)
  expect(await runRollcall(serve(db), { cwd: folder.path })).toMatchObject(rejectedStart(inUse))
  // Its relative name refers to the same file.
  const relative = await runRollcall(serve('sqlite:///a.db'), { cwd: folder.path })
  expect(relative).toMatchObject(rejectedStart(inUse))

  const agent = await first.http.send('POST', '/agents/register', registration('still-served'))
  expect(agent.status).toBe(200)
})

test('a symbolic link to the file does not let a second registry open it', async () => {
  using folder = new TemporaryFolder()
  await using first = await RegistryProcess.start({
    cwd: folder.path,
    db: sqliteUrl(folder.file('a.db')),
  })
  symlinkSync(folder.file('a.db'), folder.file('link.db'))
  const start = RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(folder.file('link.db')) })
  await using second = await start.catch(() => undefined)
  expect(second, `started alongside process ${first.pid}, on the same file`).toBeUndefined()
})

// Closing any descriptor of a file drops the locks that the process holds on it.
test('a second registry in the process of the first is rejected, and the file stays locked', async () => {
  using folder = new TemporaryFolder()
  const db = sqliteUrl(folder.file('a.db'))
  await using _first = await createStorageBackend(db)
  await expect(createStorageBackend(db)).rejects.toThrow(`process ${process.pid}`)
  const other = await runRollcall(serve(db), { cwd: folder.path })
  expect(other).toMatchObject(rejectedStart(new RegExp(`is in use .*process ${process.pid}\\b`)))
})

test('of several registries started at once on a new file, one serves', async () => {
  using folder = new TemporaryFolder()
  const db = sqliteUrl(folder.file('a.db'))
  const starts = Array.from({ length: 4 }, () => RegistryProcess.start({ cwd: folder.path, db }))
  await using started = new AsyncDisposableStack()
  const problems: string[] = []
  for (const start of await Promise.allSettled(starts)) {
    if (start.status === 'fulfilled') started.use(start.value)
    else problems.push(String(start.reason))
  }
  expect(problems).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining('a.db is in use by another Rollcall')),
  )
})

test('after SIGKILL the file is free at once, with all data', async () => {
  using folder = new TemporaryFolder()
  const db = sqliteUrl(folder.file('a.db'))
  await using first = await RegistryProcess.start({ cwd: folder.path, db })
  const agent = registration('a')
  const { body } = await first.http.send<RegisteredAgent>('POST', '/agents/register', agent)
  await first.kill()

  await using second = await RegistryProcess.start({ cwd: folder.path, db })
  const { status, body: found } = await second.http.get<RegisteredAgent>('/agents/a')
  expect(status).toBe(200)
  expect(found.registered_at).toBe(body.registered_at)
})

test('a port in use is reported in one line', async () => {
  using folder = new TemporaryFolder()
  await using first = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const second = await runRollcall(serve(sqliteUrl(folder.file('b.db')), first.port), {
    cwd: folder.path,
  })
  expect(second).toMatchObject(
    rejectedStart(new RegExp(`127.0.0.1:${first.port} is in use.*--port`)),
  )
})
