// Pages that the registry serves over TLS may use it, and pages of other origins may not.
import { expect, test } from 'vitest'
import { type TlsRegistry, tlsRegistry } from './support/tls-registry.ts'

const PUBLIC_URL = 'https://agents.example/registry'

const register = (registry: TlsRegistry, headers: Readonly<Record<string, string>>) =>
  registry.send('POST', '/agents/register', {
    headers,
    json: { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 },
  })

test('at the address of the registry, with or without Sec-Fetch-Site', async () => {
  await using registry = await tlsRegistry()
  const origin = registry.url
  expect(await register(registry, { origin })).toMatchObject({ status: 200 })
  const site = { origin, 'sec-fetch-site': 'same-origin' }
  expect(await register(registry, site)).toMatchObject({ status: 200 })
  for (const foreign of [
    { origin: 'https://page.example' },
    { origin: `https://127.0.0.1:${Number(new URL(origin).port) + 1}` },
    { origin, 'sec-fetch-site': 'cross-site' },
  ]) {
    const refused = { status: 403, body: { code: 'CROSS_ORIGIN' } }
    expect(await register(registry, foreign)).toMatchObject(refused)
  }
})

test('at the public URL, whose port is the default one of HTTPS', async () => {
  await using registry = await tlsRegistry({ publicUrl: PUBLIC_URL })
  const origin = 'https://agents.example'
  for (const host of ['agents.example', 'agents.example:443']) {
    expect(await register(registry, { host, origin })).toMatchObject({ status: 200 })
  }
  const elsewhere = { host: 'agents.example', origin: 'https://agents.example:8443' }
  expect(await register(registry, elsewhere)).toMatchObject({ status: 403 })
})

test('at another name only once the operator names it', async () => {
  const origin = 'https://agents.example'
  await using unnamed = await tlsRegistry()
  const refused = { status: 421, body: { code: 'HOST_NOT_ALLOWED' } }
  expect(await register(unnamed, { host: 'agents.example', origin })).toMatchObject(refused)
  await using named = await tlsRegistry({ allowedHosts: ['agents.example'] })
  for (const host of ['agents.example', 'agents.example:443']) {
    expect(await register(named, { host, origin })).toMatchObject({ status: 200 })
  }
})
