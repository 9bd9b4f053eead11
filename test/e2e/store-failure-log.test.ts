// What an operator reads when the store of a registry fails: a line when it fails, a line when it
// recovers, and in between the responses of requests and probes.
import { renameSync } from 'node:fs'
import type { ProblemDetails } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

const POLL = { timeout: 30_000, interval: 50 }

test('moving a database away and back logs two lines, with 503 in between', async () => {
  using folder = new TemporaryFolder()
  const file = folder.file('a.db')
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: sqliteUrl(file) })
  const { http } = registry
  const register = (id: string) =>
    http.send<ProblemDetails>('POST', '/agents/register', registration(id))
  const readiness = () => expect.poll(async () => (await http.get('/health/ready')).status, POLL)
  const log = () => registry.output.split('\n').filter((line) => line.includes('the store'))
  expect((await register('a')).status).toBe(200)

  renameSync(file, folder.file('away.db'))
  await readiness().toBe(503)
  const rejected = await register('b')
  expect(rejected.status).toBe(503)
  expect(rejected.body).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    detail: expect.stringContaining('a.db was deleted or moved while it was open'),
  })
  expect((await http.send('POST', '/agents/a/heartbeat')).status).toBe(200)
  await expect.poll(log, POLL).toHaveLength(1)
  expect(JSON.parse(log()[0] ?? '')).toMatchObject({
    code: 'STORAGE_UNAVAILABLE',
    reason: expect.stringContaining('Move the file back'),
    msg: 'the store fails',
  })

  renameSync(folder.file('away.db'), file)
  await readiness().toBe(200)
  await expect.poll(log, POLL).toHaveLength(2)
  expect(log()[1]).toMatch(/"msg":"the store works again after [\d.]+ s"/)
  expect((await register('b')).status).toBe(200)
  expect(await registry.stop()).toMatchObject({ code: 0 })
})
