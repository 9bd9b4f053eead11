import { Agent } from 'node:https'
import { ManualClock } from '@rollcall/server/testing'
import { expect, test } from 'vitest'
import { authority } from './support/authority.ts'
import { tlsRegistry } from './support/tls-registry.ts'

const RULES = [
  'spiffe://prod.example/ns/*/sa/* = agent $1:*',
  'ops.example = admin',
  'dashboard = read',
].join('; ')

const spiffe = (path: string) => ({
  names: [{ type: 'url', value: `spiffe://prod.example/${path}` }] as const,
})

const agent = (agent_id: string) => ({ agent_id, agent_name: 'A', host: '10.0.0.7', port: 8000 })

test('the name of a certificate says what its owner may do', async () => {
  await using registry = await tlsRegistry({ clientRules: RULES })
  const client = registry.clients.issue(spiffe('ns/team-a/sa/crawler'))
  const json = agent('team-a:1')
  const status = async (...request: Parameters<typeof registry.send>) =>
    (await registry.send(...request)).status
  expect(await status('POST', '/agents/register', { client, json })).toBe(200)
  expect(await status('POST', '/agents/team-a:1/heartbeat', { client })).toBe(200)
  expect(await status('POST', '/agents/register', { client, json: agent('team-b:1') })).toBe(403)
  expect(await status('POST', '/agents/team-b:1/heartbeat', { client })).toBe(403)
  expect(await status('POST', '/agents/cleanup', { client })).toBe(403)
  const ops = registry.clients.issue({ names: [{ type: 'dns', value: 'ops.example' }] })
  expect(await status('POST', '/agents/cleanup', { client: ops })).toBe(200)
  const reader = registry.clients.issue({ commonName: 'dashboard', names: [] })
  expect(await status('GET', '/agents', { client: reader })).toBe(200)
  expect(await status('POST', '/agents/team-a:1/heartbeat', { client: reader })).toBe(403)
})

test('a rule limits what a certificate sees; then, callers without one see nothing by default', async () => {
  const limited = 'spiffe://prod.example/ns/*/sa/* = agent $1:* reads=$1:*'
  await using registry = await tlsRegistry({ clientRules: `${limited}; ops.example = admin` })
  const client = registry.clients.issue(spiffe('ns/team-a/sa/crawler'))
  const ops = registry.clients.issue({ names: [{ type: 'dns', value: 'ops.example' }] })
  for (const id of ['team-a:1', 'team-b:1']) {
    await registry.send('POST', '/agents/register', { client: ops, json: agent(id) })
  }
  const { body } = await registry.send('GET', '/agents', { client })
  expect(body).toMatchObject([{ agent_id: 'team-a:1' }])
  expect(await registry.send('GET', '/agents/team-b:1', { client })).toMatchObject({ status: 404 })
  expect(await registry.send('GET', '/agents')).toMatchObject({ status: 401 })
})

test('every request on a connection has its certificate, the fast path included', async () => {
  await using registry = await tlsRegistry({ clientRules: RULES })
  const client = registry.clients.issue(spiffe('ns/team-a/sa/crawler'))
  const agentOfClient = new Agent({ keepAlive: true, ca: registry.authority.cert, ...client })
  const send = (method: string, path: string, json?: unknown) =>
    registry.send(method, path, { agent: agentOfClient, json })
  await send('POST', '/agents/register', agent('team-a:1'))
  for (const _ of [1, 2, 3]) {
    expect(await send('POST', '/agents/team-a:1/heartbeat')).toMatchObject({ status: 200 })
    expect(await send('POST', '/agents/team-b:1/heartbeat')).toMatchObject({ status: 403 })
  }
  agentOfClient.destroy()
})

test('a certificate that fits no rule is known, and may do nothing', async () => {
  await using registry = await tlsRegistry({ clientRules: RULES, anonymous: 'read' })
  const client = registry.clients.issue(spiffe('ns/team-a/job/crawler'))
  const { status, body } = await registry.send('GET', '/agents', { client })
  expect([status, body]).toEqual([
    403,
    expect.objectContaining({
      detail: expect.stringContaining(
        '"spiffe://prod.example/ns/team-a/job/crawler (certificate)" is known, but',
      ),
    }),
  ])
})

test('without a certificate, a caller is anonymous, or who its token says', async () => {
  const token = 'a-token-that-reads-and-changes-nothing'
  await using registry = await tlsRegistry({ clientRules: RULES, anonymous: 'none' })
  expect(await registry.send('GET', '/agents')).toMatchObject({ status: 401 })
  expect(await registry.send('GET', '/health/live')).toMatchObject({ status: 200 })
  expect(await registry.send('GET', '/agents', { token })).toMatchObject({ status: 401 })
})

test('a token counts before the certificate', async () => {
  await using registry = await tlsRegistry({ clientRules: RULES })
  const ops = registry.clients.issue({ names: [{ type: 'dns', value: 'ops.example' }] })
  const created = await registry.send('POST', '/tokens', {
    client: ops,
    json: { name: 'reader', scope: 'read' },
  })
  const { token } = created.body as { token: string }
  expect(await registry.send('POST', '/agents/cleanup', { client: ops, token })).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('"reader"') },
  })
  const wrong = await registry.send('GET', '/agents', { client: ops, token: `${token}x` })
  expect(wrong.status).toBe(401)
})

test('a certificate that is not valid is refused with the reason, also where anonymous callers may read', async () => {
  await using registry = await tlsRegistry({ clientRules: '** = admin', anonymous: 'read' })
  const foreign = authority('Clients').issue()
  const cases = [
    [foreign, 'is not accepted'],
    [registry.authority.issue(), 'is not accepted (SELF_SIGNED_CERT_IN_CHAIN)'],
    [registry.clients.issue({ validMs: -1000 }), 'is not accepted (CERT_HAS_EXPIRED)'],
    [registry.clients.issue({ usages: ['server'] }), 'is not accepted (INVALID_PURPOSE)'],
    [
      registry.clients.issue({
        names: ['a', 'b'].map((it) => ({ type: 'url' as const, value: `spiffe://${it}/x` })),
      }),
      'has no name that can be used',
    ],
  ] as const
  for (const [client, reason] of cases) {
    for (const [method, path] of [
      ['GET', '/agents'],
      ['POST', '/agents/a/heartbeat'],
    ] as const) {
      const { status, body } = await registry.send(method, path, { client })
      expect([status, body]).toEqual([
        401,
        expect.objectContaining({
          detail: expect.stringContaining(`The client certificate ${reason}`),
        }),
      ])
    }
  }
})

test('a certificate that expires while its connection is open is refused from then on', async () => {
  const clock = new ManualClock({ wallMs: Date.now() })
  await using registry = await tlsRegistry({ clientRules: RULES, clock })
  const hour = 3_600_000
  const client = registry.clients.issue({ ...spiffe('ns/a/sa/b'), validMs: hour })
  const keptOpen = new Agent({ keepAlive: true, ca: registry.authority.cert, ...client })
  const send = (method: string, path: string) => registry.send(method, path, { agent: keptOpen })
  clock.stepWall(hour - 60_000)
  expect(await send('GET', '/agents')).toMatchObject({ status: 200 })
  clock.stepWall(120_000)
  for (const [method, path] of [
    ['GET', '/agents'],
    ['POST', '/agents/a:1/heartbeat'],
  ] as const) {
    expect(await send(method, path)).toMatchObject({
      status: 401,
      body: { detail: expect.stringContaining('The client certificate has expired.') },
    })
  }
  keptOpen.destroy()
})

test('a session that is resumed has the certificate that it began with', async () => {
  await using registry = await tlsRegistry({ clientRules: RULES })
  const client = registry.clients.issue({ commonName: 'dashboard', names: [] })
  // An agent keeps the sessions of its connections, and resumes them.
  const resuming = new Agent({ ca: registry.authority.cert, ...client, maxCachedSessions: 10 })
  let resumed = 0
  registry.server.createApp().server.on('secureConnection', (socket) => {
    if (socket.isSessionReused()) resumed++
  })
  for (const _ of [1, 2, 3]) {
    expect(await registry.send('GET', '/agents', { agent: resuming })).toMatchObject({
      status: 200,
    })
    expect(await registry.send('POST', '/agents/cleanup', { agent: resuming })).toMatchObject({
      status: 403,
    })
  }
  expect(resumed).toBeGreaterThan(0)
})

test('a session that is resumed without a certificate is anonymous', async () => {
  await using registry = await tlsRegistry({ clientRules: '** = admin', anonymous: 'read' })
  const resuming = new Agent({ ca: registry.authority.cert, maxCachedSessions: 10 })
  const status = async (method: string, path: string) =>
    (await registry.send(method, path, { agent: resuming })).status
  for (const _ of [1, 2, 3]) {
    expect(await status('GET', '/agents')).toBe(200)
    expect(await status('POST', '/agents/cleanup')).toBe(401)
  }
})
