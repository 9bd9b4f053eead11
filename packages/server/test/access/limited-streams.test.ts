// The change feed as a stream, opened with a token that sees some agents, on every store.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import {
  TENANT_STORES,
  TENANTS,
  type TenantRegistry,
  tenantRegistry,
} from './support/tenant-registry.ts'

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The agents that the events of a stream are about, each once. */
function seenBy({ received, loads }: EventStreamReader): string[] {
  const ofEvents = received.flatMap((message) => ('agent_id' in message ? message.agent_id : []))
  return [...new Set([...ofEvents, ...loads.map(({ agentId }) => agentId)])].toSorted()
}

describe.each(TENANT_STORES)('%s: a stream of a token that sees one team', (store) => {
  let registry: TenantRegistry
  beforeAll(async () => {
    registry = await tenantRegistry(store)
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  const open = (token: string, query = '', headers: Readonly<Record<string, string>> = {}) =>
    EventStreamReader.open(registry.url, query, { ...bearer(token), ...headers })

  /** Registers an agent of each team, the visible one last; all others are before it in the feed. */
  async function arrive(name: string): Promise<string> {
    for (const agentId of [`team-b:${name}`, `misc:${name}`, `team-a:${name}`]) {
      await registry.add(agentId)
    }
    return `team-a:${name}`
  }

  test('has a snapshot and changes of its agents only', async () => {
    await using stream = await open(TENANTS.readerOfA, 'snapshot=true&include_dead=true')
    await using everything = await open(TENANTS.reader, 'snapshot=true')
    for (const each of [stream, everything]) await each.untilSynced()
    const agentId = await arrive('new')
    for (const each of [stream, everything]) await each.until({ agentId })
    await registry.repository.delete('team-b:new')
    await registry.repository.delete(agentId)
    await stream.until({ type: 'deregistered' })
    expect(seenBy(stream)).toEqual(['team-a:db', 'team-a:new', 'team-a:web'])
    expect(JSON.stringify(stream.received)).not.toContain('team-b')
    expect(seenBy(everything)).toContain('team-b:new')
  })

  test('keeps to them with a filter for others', async () => {
    const query = 'snapshot=true&agent_id=team-b:*&agent_id=team-a:filtered'
    await using stream = await open(TENANTS.readerOfA, query)
    const agentId = await arrive('filtered')
    await stream.until({ agentId })
    expect(seenBy(stream)).toEqual([agentId])
  })

  test('resumes where a stream of another token ended, and has the history of its agents only', async () => {
    await using before = await open(TENANTS.readerOfB, 'snapshot=true')
    const id = (await before.untilSynced()).at(-1)?.id ?? ''
    const agentId = await arrive('missed')
    for (const [query, headers] of [
      [`since=${id}`, {}],
      ['', { 'last-event-id': id }],
      ['since=0', {}],
    ] as const) {
      await using stream = await open(TENANTS.readerOfA, query, headers)
      await stream.until({ agentId })
      for (const seen of seenBy(stream)) expect(seen).toMatch(/^team-a:/)
    }
  })

  test('is reset to a snapshot of its agents only', async () => {
    await using stream = await open(TENANTS.readerOfA, 'since=unknown:1')
    await stream.untilSynced()
    expect(stream.received[0]).toMatchObject({ type: 'reset' })
    for (const seen of seenBy(stream)) expect(seen).toMatch(/^team-a:/)
  })

  test('has the loads of its agents only', async () => {
    await using stream = await open(TENANTS.readerOfA, 'snapshot=true&loads=true')
    await stream.untilSynced()
    for (const agentId of ['team-b:web', 'misc:one', 'team-a:web']) {
      await registry.repository.updateHeartbeat(agentId, { load: 0.75 })
    }
    await eventually(async () => stream.loads.map(({ agentId }) => agentId)).toContain('team-a:web')
    for (const seen of seenBy(stream)) expect(seen).toMatch(/^team-a:/)
  })
})

describe('a stream', () => {
  const reader = (reads = '*') => `prometheus read * reads=${reads} ${TENANTS.reader}`
  const OPS = `ops admin * ${TENANTS.admin}`

  test.each([
    ['is limited', reader(), reader('team-a:*')],
    ['is limited to others', reader('team-a:*'), reader('team-b:*')],
    ['is no longer limited', reader('team-a:*'), reader()],
  ])('ends when its token %s', async (_, before, after) => {
    await using registry = await tenantRegistry('memory')
    const opened = async () => EventStreamReader.open(registry.url, '', bearer(TENANTS.reader))
    const mayList = async () =>
      (await registry.send('GET', '/agents', { token: TENANTS.reader })).text()
    const all = await mayList()
    await registry.file.write(before, OPS)
    if (before !== reader()) await eventually(mayList).not.toBe(all)
    await using stream = await opened()
    await stream.untilSynced()
    await registry.file.write(after, OPS)
    const [closing] = await stream.until({ type: 'closing' })
    expect(closing).toMatchObject({ reason: expect.stringContaining('sees other agents') })
  })

  test('goes on when the tokens are read again, and its own is as before', async () => {
    await using registry = await tenantRegistry('memory')
    await registry.file.write(reader('team-a:*,team-b:*'), OPS)
    const token = TENANTS.admin
    await eventually(
      async () => (await registry.send('GET', '/agents', { token: TENANTS.readerOfA })).status,
    ).toBe(401)
    await using stream = await EventStreamReader.open(registry.url, '', bearer(TENANTS.reader))
    await stream.untilSynced()
    await registry.file.write(reader('team-b:*,team-a:*'))
    await eventually(async () => (await registry.send('GET', '/agents', { token })).status).toBe(
      401,
    )
    // Streams are examined four times a second.
    await new Promise((resolve) => setTimeout(resolve, 600))
    await registry.add('team-a:later')
    await stream.until({ agentId: 'team-a:later' })
    expect(stream.isEnded).toBe(false)
  })
})
