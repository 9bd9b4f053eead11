// A token is revoked while it is in use: on connections, on streams, and on another node of the same database.
import type { CreatedToken } from '@rollcall/protocol'
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { type FreshStore, freshStore } from '../../../../test/stores/fresh-store.ts'
import { openTokens } from '../../src/index.ts'
import { rawRequest } from './support/attacked-registry.ts'

/** Milliseconds in which a token must be refused: one second, and what a busy machine may add to it. */
const BOUND_MS = 5000

describe.each([
  { store: 'sqlite', nodes: 1 },
  { store: 'postgres', nodes: 2 },
] as const)('on $store with $nodes nodes', ({ store, nodes }) => {
  let fresh: FreshStore
  let admin: string
  const servers: AgentRegistryServer[] = []
  const urls: string[] = []
  const first = () => urls[0] ?? ''
  const last = () => urls.at(-1) ?? ''

  beforeAll(async () => {
    fresh = await freshStore(store)
    {
      await using tokens = await openTokens(fresh.url)
      const grant = { scope: 'admin', patterns: ['*'], reads: ['*'] } as const
      const order = { name: 'ops', ...grant, createdBy: 'test' }
      admin = (await tokens.create(order)).text
    }
    while (servers.length < nodes) {
      const server = new AgentRegistryServer(fresh.url, { anonymous: 'none' })
      servers.push(server)
      urls.push(await server.listen({ port: 0 }))
    }
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
    await fresh?.[Symbol.asyncDispose]()
  })

  const send = (method: string, path: string, { at = first(), token = admin, json }: Sent = {}) =>
    fetch(at + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
  const create = async (scope: string) => {
    const json = { name: 'bot', scope }
    return (await (await send('POST', '/tokens', { json })).json()) as CreatedToken
  }

  test('its stream ends, also where it was not revoked, and others go on', async () => {
    const { id, token } = await create('read')
    const open = (text: string) =>
      EventStreamReader.open(last(), '', { authorization: `Bearer ${text}` })
    await using stream = await open(token)
    await using other = await open(admin)
    await Promise.all([stream.untilSynced(), other.untilSynced()])
    await send('DELETE', `/tokens/${id}`)
    const closing = await stream.until({ type: 'closing' })
    expect(closing.at(-1)).toMatchObject({
      reason:
        'the credential of the caller was revoked, has expired, or sees other agents than before',
    })
    await stream.whenEnded()
    expect((await send('GET', '/agents', { at: last(), token })).status).toBe(401)
    // What happens now reaches those who may still read.
    const json = { agent_id: 'new', agent_name: 'A', host: 'h', port: 1 }
    await send('POST', '/agents/register', { json })
    await other.until({ agentId: 'new' })
    expect(stream.received.some((it) => 'agent_id' in it && it.agent_id === 'new')).toBe(false)
  })

  test('its connection renews no lease any more, although its header is remembered', async () => {
    const json = { agent_id: 'a', agent_name: 'A', host: 'h', port: 1 }
    const { id, token } = await create('agent')
    await send('POST', '/agents/register', { json, token })
    await using connection = await RawConnection.open(last())
    const beat = async () => {
      connection.send(rawRequest('POST', '/agents/a/heartbeat', { token }))
      return (await connection.answer()).status
    }
    expect([await beat(), await beat()]).toEqual([200, 200])
    await send('DELETE', `/tokens/${id}`)
    await expect.poll(beat, { timeout: BOUND_MS }).toBe(401)
    expect(await beat()).toBe(401)
  })

  test('it cannot be used to create another one, or to end its revocation', async () => {
    const { id, token } = await create('admin')
    await send('DELETE', `/tokens/${id}`)
    const json = { name: 'bot', scope: 'admin' }
    expect((await send('POST', '/tokens', { token, json })).status).toBe(401)
    expect((await send('DELETE', `/tokens/${id}`, { token })).status).toBe(401)
    const tokens = (await (await send('GET', '/tokens')).json()) as { id: string }[]
    expect(tokens.map((it) => it.id)).not.toContain(id)
  })
})

interface Sent {
  readonly at?: string
  readonly token?: string
  readonly json?: object
}
