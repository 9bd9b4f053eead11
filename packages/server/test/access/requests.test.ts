// What callers of a registry with access control see over HTTP.
import type { CreatedToken, ProblemDetails } from '@rollcall/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { type GuardedRegistry, guardedRegistry, TOKENS } from './support/guarded-registry.ts'

let registry: GuardedRegistry
beforeAll(async () => {
  registry = await guardedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

async function problemOf(response: Response): Promise<ProblemDetails> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  return (await response.json()) as ProblemDetails
}

async function createdIn(response: Response | Promise<Response>): Promise<CreatedToken> {
  return (await (await response).json()) as CreatedToken
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a request', () => {
  test('without a token is told to send one', async () => {
    const response = await registry.send('GET', '/agents')
    const challenge = response.headers.get('www-authenticate')
    expect(challenge).toBe('Bearer realm="rollcall", Basic realm="rollcall"')
    const { detail } = await problemOf(response)
    expect(detail).toContain('needs one with the scope read')
  })

  test.each(['unheard-of', `${TOKENS.read}x`, TOKENS.read.toUpperCase()])(
    'with the unknown token %s is told that it is invalid, and not to whom it belongs',
    async (token) => {
      const response = await registry.send('GET', '/agents', { token })
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
      const { code, detail } = await problemOf(response)
      expect(code).toBe('UNAUTHENTICATED')
      expect(detail).not.toContain(token)
    },
  )

  test('may have the token as a password', async () => {
    const basic = (text: string) => ({
      headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
    })
    expect((await registry.send('GET', '/agents', basic(`any:${TOKENS.read}`))).status).toBe(200)
    expect((await registry.send('GET', '/agents', basic(`${TOKENS.read}:any`))).status).toBe(401)
  })

  test('of a caller without the scope says what is missing', async () => {
    const response = await registry.send('POST', '/agents/cleanup', { token: TOKENS.agent })
    const { detail } = await problemOf(response)
    expect(detail).toBe('The request needs the scope admin; that of "ci" is agent.')
  })

  test('for an agent outside of the patterns says which they are', async () => {
    for (const path of ['/agents/team-b:1/heartbeat', '/agents/team-b%3A1/heartbeat']) {
      const response = await registry.send('POST', path, { token: TOKENS.agent })
      const { detail } = await problemOf(response)
      expect(detail).toBe('"ci" may not change agent team-b:1: it may change only team-a:*.')
    }
  })

  test('that registers an agent outside of the patterns changes nothing', async () => {
    const json = { agent_id: 'team-b:2', agent_name: 'B', host: 'h', port: 1 }
    const response = await registry.send('POST', '/agents/register', { token: TOKENS.agent, json })
    expect(response.status).toBe(403)
    expect(await registry.repository.get('team-b:2')).toBeUndefined()
  })

  test('that is refused is refused before its body is read', async () => {
    const headers = { ...bearer(TOKENS.read), 'content-type': 'text/plain' }
    const response = await registry.send('POST', '/agents/register', { headers })
    expect(response.status).toBe(403)
  })

  test('for an unknown route is not found, whoever asks', async () => {
    expect((await registry.send('GET', '/nothing')).status).toBe(404)
    expect((await registry.send('PATCH', '/agents')).status).toBe(405)
  })

  test('for a page of the documentation needs the scope read', async () => {
    for (const path of ['/docs/', '/docs/json', '/openapi.json']) {
      expect((await registry.send('GET', path)).status).toBe(401)
      expect((await registry.send('GET', path, { token: TOKENS.read })).status).toBe(200)
    }
  })

  test('of HEAD needs the same as of GET', async () => {
    expect((await registry.send('HEAD', '/agents')).status).toBe(401)
    expect((await registry.send('HEAD', '/agents', { token: TOKENS.read })).status).toBe(200)
  })

  test('that sets maintenance without a name is recorded with that of its token', async () => {
    const options = { token: TOKENS.admin, json: { reason: 'upgrade' } }
    const response = await registry.send('PUT', '/agents/team-a:9/maintenance', options)
    expect(await response.json()).toMatchObject({ by: 'ops' })
  })
})

describe('tokens', () => {
  const create = (json: object, token: string = TOKENS.admin) =>
    registry.send('POST', '/tokens', { token, json })

  test('are created, used, listed without their text, and revoked', async () => {
    const response = await create({ name: 'bot', scope: 'agent', agents: ['team-a:*'] })
    const { token, ...created } = await createdIn(response)
    expect(created).toMatchObject({ name: 'bot', created_by: 'ops', expires_at: null })
    await registry.add('team-a:1')
    const beat = () => registry.send('POST', '/agents/team-a:1/heartbeat', { token })
    expect((await beat()).status).toBe(200)
    const list = await (await registry.send('GET', '/tokens', { token: TOKENS.admin })).text()
    expect(JSON.parse(list)).toContainEqual(created)
    expect(list).not.toContain(token)
    const revoke = () => registry.send('DELETE', `/tokens/${created.id}`, { token: TOKENS.admin })
    expect(await (await revoke()).json()).toEqual({ id: created.id, revoked: true })
    expect((await beat()).status).toBe(401)
    expect(await (await revoke()).json()).toEqual({ id: created.id, revoked: false })
  })

  test('are not limited to some agents unless they have the scope agent', async () => {
    for (const scope of ['read', 'admin']) {
      const response = await create({ name: 'b', scope, agents: ['team-a:*'] })
      const { status, errors } = await problemOf(response)
      expect([status, errors?.[0]?.pointer]).toEqual([422, '/agents'])
    }
  })

  test('begin access control, and the first of them is for an admin', async () => {
    await using open = await guardedRegistry({ tokenFile: undefined, anonymous: undefined })
    const first = (scope: string) => open.send('POST', '/tokens', { json: { name: 'b', scope } })
    expect((await first('agent')).status).toBe(422)
    expect((await open.send('POST', '/agents/cleanup')).status).toBe(200)
    const { token } = await createdIn(first('admin'))
    expect((await open.send('POST', '/agents/cleanup')).status).toBe(401)
    expect((await open.send('POST', '/agents/cleanup', { token })).status).toBe(200)
    expect((await first('admin')).status).toBe(401)
  })

  test('that are all gone do not open the registry again', async () => {
    await using open = await guardedRegistry({ tokenFile: undefined, anonymous: undefined })
    const json = { name: 'b', scope: 'admin' }
    const { token, id } = await createdIn(open.send('POST', '/tokens', { json }))
    expect((await open.send('DELETE', `/tokens/${id}`, { token })).status).toBe(200)
    expect((await open.send('POST', '/agents/cleanup')).status).toBe(401)
  })
})

describe('a stream', () => {
  const open = (token?: string, at = registry) =>
    EventStreamReader.open(at.url, '', token === undefined ? {} : bearer(token))

  test('ends with a reason when its token is revoked, and others go on', async () => {
    const json = { name: 'watcher', scope: 'read' }
    const created = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
    const { token, id } = await createdIn(created)
    await using stream = await open(token)
    await using other = await open(TOKENS.read)
    await Promise.all([stream.untilSynced(), other.untilSynced()])
    await registry.send('DELETE', `/tokens/${id}`, { token: TOKENS.admin })
    const [closing] = await stream.until({ type: 'closing' })
    expect(closing).toMatchObject({
      reason:
        'the credential of the caller was revoked, has expired, or sees other agents than before',
    })
    await stream.whenEnded()
    await registry.add('team-a:new')
    await other.until({ agentId: 'team-a:new' })
    expect(other.isEnded).toBe(false)
  })

  test('ends when its token expires', async () => {
    const json = { name: 'watcher', scope: 'read', expires_in_seconds: 1 }
    const created = await registry.send('POST', '/tokens', { token: TOKENS.admin, json })
    await using stream = await open((await createdIn(created)).token)
    await stream.until({ type: 'closing' })
  })

  test('ends when its token is removed from the token file', async () => {
    await using guarded = await guardedRegistry()
    await using stream = await open(TOKENS.read, guarded)
    await guarded.file.write(`ops admin * ${TOKENS.admin}`)
    await stream.until({ type: 'closing' })
  })

  test('of an anonymous caller ends when such callers may read no longer', async () => {
    const options = { tokenFile: undefined, anonymous: undefined, publicUrl: 'https://a.example' }
    await using guarded = await guardedRegistry(options)
    await using stream = await open(undefined, guarded)
    await guarded.send('POST', '/tokens', { json: { name: 'b', scope: 'admin' } })
    await stream.until({ type: 'closing' })
  })
})
