// URLs of databases that are malformed: said in one line, without the password.
import { createStorageBackend, isRegistryError } from '@rollcall/server'
import { expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'

/** Occurs nowhere else, so wherever it shows it was betrayed. */
const SECRET = 'hunter2-of-the-tests'

test.each([
  ['no database', `postgres://u:${SECRET}@h`, /postgres:\/\/user:password@host:5432\/database/],
  ['no host and no database', `postgres://u:${SECRET}@`, /URL is invalid/],
  ['a port that is none', `postgres://u:${SECRET}@127.0.0.1:many/db`, /127\.0\.0\.1:many/],
  ['a port out of range', `postgres://u:${SECRET}@127.0.0.1:99999/db`, /127\.0\.0\.1:99999/],
  ['a percent sign that encodes nothing', `postgres://u:${SECRET}%ZZ@h:1/db`, /%25/],
  ['a percent sign in the name', `postgres://u:${SECRET}@h:1/d%ZZ`, /%25/],
  ['a password with a slash', `postgres://u:${SECRET}/x@h:1/db`, /%2F/],
  ['a password with an at sign', `postgres://u:${SECRET}@x@h:1/db`, /%40/],
  ['a password with a hash', `postgres://u:${SECRET}#x@h:1/db`, /%23/],
  ['a password of two parts', `postgres://u:x:${SECRET}/x@h:1/db`, /%2F/],
  ['a pool of no connections', `postgres://u:${SECRET}@h:1/db?pool_size=0`, /pool_size/],
  ['a pool of words', `postgres://u:${SECRET}@h:1/db?pool_size=many`, /pool_size.*"many"/],
  ['a time that is none', `postgres://u:${SECRET}@h:1/db?connect_timeout=soon`, /connect_timeout/],
  [
    'a standby wanted',
    `postgres://u:${SECRET}@h:1/db?target_session_attrs=standby`,
    /target_session_attrs must be read-write/,
  ],
  ['no such certificate', `postgres://u:${SECRET}@127.0.0.1:1/db?sslrootcert=/no/such`, /no\/such/],
  ['an unknown encryption', `postgres://u:${SECRET}@127.0.0.1:1/db?sslmode=maybe`, /sslmode/],
  [
    'a password as a parameter',
    `postgres://127.0.0.1:1/db?user=u&password=${SECRET}`,
    /ECONNREFUSED/,
  ],
  ['the password of a key', `postgres://127.0.0.1:1/db?sslpassword=${SECRET}`, /ECONNREFUSED/],
  ['a key of an interface', `postgres://127.0.0.1:1/db?api_key=${SECRET}`, /ECONNREFUSED/],
])('%s', async (_what, url, says) => {
  const refused = await createStorageBackend(url).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!isRegistryError(refused))
    throw new Error(`${url} is not refused as it should be: ${refused}`)
  expect(refused.code).toBe('STORAGE_UNUSABLE')
  expect(refused.message).toMatch(says)
  expect(refused.message).not.toContain(SECRET)
  expect(refused.message).not.toContain('\n')
})

test('the command says it in one line and ends as for any wrong word', async () => {
  using folder = new TemporaryFolder()
  const db = `postgres://u:${SECRET}@h`
  const words = ['serve', '--port', '0', '--log-level', 'debug', '--db', db]
  const { code, stdout, stderr } = await runRollcall(words, { cwd: folder.path })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^rollcall: The database URL is invalid: .*\nTry: [^\n]*\n$/)
  expect(stdout + stderr).not.toContain(SECRET)
})
