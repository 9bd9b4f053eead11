// A token, a JSON Web Token and a client certificate with one name are three principals.
import type { Agent, AgentEvent } from '@rollcall/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  AUDIENCE,
  identityProvider,
} from '../../packages/server/test/access/jwt/support/identity-provider.ts'
import { tokenFile } from '../../packages/server/test/access/support/token-file-on-disk.ts'
import { freshStore } from '../stores/fresh-store.ts'
import { type TlsRegistry, tlsRegistry } from '../tls/support/tls-registry.ts'

const TOKENS = {
  'team-a': 'a-token-whose-name-others-have-as-well',
  'jwt:team-a': 'a-token-with-a-name-like-that-of-others',
} as const
const RULES = 'root = admin; ** = agent *'

/** How a caller shows who it is. */
type Credential = Pick<Parameters<TlsRegistry['send']>[2] & {}, 'token' | 'client'>

const resources = new AsyncDisposableStack()
let registry: TlsRegistry
let jwtOf: (sub: string) => Promise<Credential>
beforeAll(async () => {
  const provider = resources.use(await identityProvider())
  const lines = Object.entries(TOKENS).map(([name, token]) => `${name} agent * ${token}`)
  const file = resources.use(await tokenFile(...lines))
  const store = resources.use(await freshStore())
  const { issuer } = provider
  registry = resources.use(
    await tlsRegistry({
      store: store.url,
      tokenFile: file.path,
      jwt: { issuer, audience: AUDIENCE, rules: RULES },
      clientRules: RULES,
    }),
  )
  jwtOf = async (sub) => ({ token: await provider.token({ claims: { sub } }) })
})
afterAll(() => resources.disposeAsync())

const certificateOf = (commonName: string): Credential => ({
  client: registry.clients.issue({ commonName, names: [] }),
})

async function register(agentId: string, caller: Credential) {
  const json = { agent_id: agentId, agent_name: 'A', host: '10.0.0.7', port: 8000 }
  const { status, body } = await registry.send('POST', '/agents/register', { ...caller, json })
  return status === 200 ? (body as Agent).owner : (body as { code: string }).code
}

test('neither owns what the others have registered', async () => {
  const callers: Readonly<Record<string, Credential>> = {
    'team-a': { token: TOKENS['team-a'] },
    'jwt:team-a': { token: TOKENS['jwt:team-a'] },
    'team-a (jwt)': await jwtOf('team-a'),
    'team-a (certificate)': certificateOf('team-a'),
    'team-a (certificate) (jwt)': await jwtOf('team-a (certificate)'),
    'team-a (jwt) (certificate)': certificateOf('team-a (jwt)'),
  }
  for (const [owner, caller] of Object.entries(callers)) {
    const id = `agent-${Object.keys(callers).indexOf(owner)}`
    expect(await register(id, caller)).toBe(owner)
    for (const [name, other] of Object.entries(callers)) {
      expect(await register(id, other)).toBe(name === owner ? owner : 'AGENT_OWNED')
      const heartbeat = await registry.send('POST', `/agents/${id}/heartbeat`, other)
      expect(heartbeat.status).toBe(name === owner ? 200 : 403)
    }
  }
})

test('no token can be created with the name of a caller of another kind', async () => {
  for (const name of ['team-a (jwt)', 'team-a(jwt)', 'team-a (certificate)']) {
    const json = { name, scope: 'read' }
    const response = await registry.send('POST', '/tokens', { ...certificateOf('root'), json })
    expect(response).toMatchObject({ status: 422, body: { errors: [{ pointer: '/name' }] } })
  }
})

test('no subject passes for an anonymous caller or for nobody', async () => {
  for (const sub of ['anonymous', 'anonymous (127.0.0.1)', ' ', '""']) {
    const id = `mimic-${sub.length}`
    expect(await register(id, await jwtOf(sub))).toBe(`${sub} (jwt)`)
    expect(await register(id, { token: TOKENS['team-a'] })).toBe('AGENT_OWNED')
  }
})

test('the history names a caller in full, also with the longest name, in any script', async () => {
  const sub = '\u{1f916}\u00e9\u4e2d'.repeat(63)
  const caller = await jwtOf(sub)
  expect(await register('long', caller)).toBe(`${sub} (jwt)`)
  const { body } = await registry.send('GET', '/agents/long/events', caller)
  expect((body as AgentEvent[]).map(({ actor }) => actor)).toEqual([`${sub} (jwt)`])
})
