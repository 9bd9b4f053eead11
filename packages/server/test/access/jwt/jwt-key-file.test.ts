import { rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { tokenFile } from '../support/token-file-on-disk.ts'
import { type SigningKey, signingKey } from './support/identity-provider.ts'
import { openedJwt } from './support/opened-jwt.ts'

const jwks = (...keys: readonly SigningKey[]) =>
  JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) })

test('keys are read from a file, and read again when it changes', async () => {
  const [first, second] = [await signingKey('first'), await signingKey('second')]
  await using disk = await tokenFile(jwks(first))
  await using jwt = await openedJwt({ keysFile: disk.path })
  const [old, fresh] = [
    await jwt.provider.token({ key: first }),
    await jwt.provider.token({ key: second }),
  ]
  expect(await jwt.identify(old)).toMatchObject({ name: 'alice (jwt)' })
  await expect(jwt.identify(fresh)).rejects.toThrow('is signed with an unknown key')
  await disk.write(jwks(second))
  await expect.poll(() => jwt.reports).toEqual(['reloaded'])
  expect(await jwt.identify(fresh)).toMatchObject({ name: 'alice (jwt)' })
  expect(jwt.isKnown(old)).toBe(false)
  expect(jwt.provider.downloads).toBe(0)
})

test('a file that is half written, or has no keys, changes nothing', async () => {
  const key = await signingKey('first')
  await using disk = await tokenFile(jwks(key))
  await using jwt = await openedJwt({ keysFile: disk.path })
  const token = await jwt.provider.token({ key })
  for (const [count, text] of [jwks(key).slice(0, 50), '{"keys": []}'].entries()) {
    await writeFile(disk.path, text)
    await expect.poll(() => jwt.reports.length).toBe(count + 1)
    expect(await jwt.identify(token)).toMatchObject({ name: 'alice (jwt)' })
  }
  expect(jwt.reports[1]).toBe('it has no keys')
})

test('with a file of keys, the issuer is just a name', async () => {
  const key = await signingKey('first')
  await using disk = await tokenFile(jwks(key))
  await using jwt = await openedJwt({ keysFile: disk.path, issuer: 'our cluster' })
  const token = await jwt.provider.token({ key, claims: { iss: 'our cluster' } })
  expect(await jwt.identify(token)).toMatchObject({ name: 'alice (jwt)' })
})

test('a file that cannot be used at the start is an error that names it', async () => {
  await using disk = await tokenFile('{}')
  const opened = () => openedJwt({ keysFile: disk.path })
  await expect(opened()).rejects.toThrow(`the file of keys ${disk.path} cannot be used`)
  await rm(disk.path)
  await expect(opened()).rejects.toThrow('ENOENT')
})

test.each([
  [{ audience: '' }, 'needs the name of this registry'],
  [{ jwksUrl: 'https://a.example/keys', keysFile: '/keys' }, 'not from both'],
  [{ issuer: 'http://login.example' }, 'https://'],
  [{ issuer: 'our cluster' }, 'https://'],
  [{ jwksUrl: 'http://login.example/keys' }, 'https://'],
  [{ jwksUrl: 'file:///etc/passwd' }, 'https://'],
  [{ algorithms: ['ES256', 'HS256'] }, 'cannot accept the algorithm "HS256"'],
  [{ algorithms: ['none'] }, 'cannot accept the algorithm "none"'],
  [{ rules: 'alice' }, 'the rule "alice" must be'],
])('the options %j are refused at the start', async (options, reason) => {
  await expect(openedJwt(options)).rejects.toThrow(reason)
})
