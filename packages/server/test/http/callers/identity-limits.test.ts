import { expect, test } from 'vitest'
import { tlsRegistry } from '../../../../../test/tls/support/tls-registry.ts'
import { AUDIENCE, identityProvider } from '../../access/jwt/support/identity-provider.ts'

/** So low that no second request is allowed while a test runs. */
const ONCE = 0.001

test('each client certificate and each subject has a rate of its own, and invalid ones that of their address', async () => {
  await using provider = await identityProvider()
  const jwt = { issuer: provider.issuer, audience: AUDIENCE, rules: '** = read' }
  const limits = { rateLimit: ONCE, limitLocal: true }
  await using registry = await tlsRegistry({ jwt, clientRules: '** = read', ...limits })
  const send = async (caller: Parameters<typeof registry.send>[2]) => {
    const { status, body } = await registry.send('GET', '/agents', caller)
    return status === 429 ? (body as { detail: string }).detail : status
  }
  const named = (commonName: string, validMs?: number) => ({
    client: registry.clients.issue({ commonName, names: [], ...(validMs && { validMs }) }),
  })
  expect(await send(named('ann'))).toBe(200)
  expect(await send(named('ann'))).toContain('ann (certificate) sends more')
  expect(await send(named('bo'))).toBe(200)
  // Its first request counts for its address: nobody knows it yet.
  const token = await provider.token({ claims: { sub: 'ann' } })
  expect(await send({ token })).toBe(200)
  expect(await send({ token })).toBe(200)
  expect(await send({ token })).toContain('ann (jwt) sends more')
  for (const caller of [named('late', -1000), named('later', -1000), {}]) {
    expect(await send(caller)).toContain('127.0.0.1 sends more')
  }
})
