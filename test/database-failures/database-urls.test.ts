// A malformed database URL is reported in one line, without the password.
import { createStorageBackend, isRegistryError } from '@rollcall/server'
import { expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'

/** Unique, so any occurrence in the output is a leak. */
const SECRET = 'hunter2-of-the-tests'

test.each([
  ['no database', `postgres://u:${SECRET}@h`, /postgres:\/\/user:password@host:5432\/database/],
  ['no host and no database', `postgres://u:${SECRET}@`, /URL is invalid/],
  ['a port that is not a number', `postgres://u:${SECRET}@127.0.0.1:many/db`, /127\.0\.0\.1:many/],
  ['a port out of range', `postgres://u:${SECRET}@127.0.0.1:99999/db`, /127\.0\.0\.1:99999/],
  ['an incomplete percent escape', `postgres://u:${SECRET}%ZZ@h:1/db`, /%25/],
  ['a percent sign in the database name', `postgres://u:${SECRET}@h:1/d%ZZ`, /%25/],
  ['a password with a slash', `postgres://u:${SECRET}/x@h:1/db`, /%2F/],
  ['a password with an at sign', `postgres://u:${SECRET}@x@h:1/db`, /%40/],
  ['a password with a hash', `postgres://u:${SECRET}#x@h:1/db`, /%23/],
  ['a password with a colon and a slash', `postgres://u:x:${SECRET}/x@h:1/db`, /%2F/],
  ['a pool size of zero', `postgres://u:${SECRET}@h:1/db?pool_size=0`, /pool_size/],
  [
    'a pool size that is not a number',
    `postgres://u:${SECRET}@h:1/db?pool_size=many`,
    /pool_size.*"many"/,
  ],
  [
    'a timeout that is not a number',
    `postgres://u:${SECRET}@h:1/db?connect_timeout=soon`,
    /connect_timeout/,
  ],
  [
    'a request for a standby',
    `postgres://u:${SECRET}@h:1/db?target_session_attrs=standby`,
    /target_session_attrs must be read-write/,
  ],
  [
    'a missing certificate',
    `postgres://u:${SECRET}@127.0.0.1:1/db?sslrootcert=/no/such`,
    /no\/such/,
  ],
  ['an unknown SSL mode', `postgres://u:${SECRET}@127.0.0.1:1/db?sslmode=maybe`, /sslmode/],
  [
    'a password in the query string',
    `postgres://127.0.0.1:1/db?user=u&password=${SECRET}`,
    /ECONNREFUSED/,
  ],
  ['the password of an SSL key', `postgres://127.0.0.1:1/db?sslpassword=${SECRET}`, /ECONNREFUSED/],
  ['an API key', `postgres://127.0.0.1:1/db?api_key=${SECRET}`, /ECONNREFUSED/],
])('%s', async (_what, url, says) => {
  const rejected = await createStorageBackend(url).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isRegistryError(rejected)) throw new Error(`${url} is not rejected as expected: ${rejected}`)
  expect(rejected.code).toBe('STORAGE_UNUSABLE')
  expect(rejected.message).toMatch(says)
  expect(rejected.message).not.toContain(SECRET)
  expect(rejected.message).not.toContain('\n')
})

test('the command reports it in one line and exits as for a usage error', async () => {
  using folder = new TemporaryFolder()
  const db = `postgres://u:${SECRET}@h`
  const words = ['serve', '--port', '0', '--log-level', 'debug', '--db', db]
  const { code, stdout, stderr } = await runRollcall(words, { cwd: folder.path })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^rollcall: The database URL is invalid: .*\nTry: [^\n]*\n$/)
  expect(stdout + stderr).not.toContain(SECRET)
})
