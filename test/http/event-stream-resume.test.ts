import type { StreamEvent } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { EventStreamReader, type FeedMessage } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'resume')
const open = (query?: string, headers?: Record<string, string>) =>
  EventStreamReader.open(registry.baseUrl, query, headers)

let epoch = ''
/** Ids of the registration events of the agents a, b and c, in that order. */
const ids: string[] = []

beforeAll(async () => {
  await fleet.register('there')
  await using reader = await open(fleet.query())
  const [synced] = await reader.untilSynced()
  epoch = (synced as StreamEvent).epoch
  for (const label of ['a', 'b', 'c']) {
    await fleet.register(label)
    ids.push((await reader.next()).id)
  }
})

/** Reads a stream up to `synced`. Returns types with labels of agents. */
async function readUntilSynced(query: string, headers?: Record<string, string>): Promise<string[]> {
  await using reader = await open(query, headers)
  return (await reader.untilSynced()).map(describeMessage)
}

function describeMessage(message: FeedMessage): string {
  return 'agent_id' in message ? `${message.type} ${fleet.label(message)}` : message.type
}

const resumingWith = (id: string) => ({ 'last-event-id': id })
const revisionOf = (id: string | undefined) => Number(id?.split(':')[1])
const SNAPSHOT = ['snapshot a', 'snapshot b', 'snapshot c', 'snapshot there', 'synced']

describe('a client that resumes', () => {
  test('with the id of its last event gets exactly what it missed', async () => {
    const messages = await readUntilSynced(fleet.query(), resumingWith(String(ids[0])))
    expect(messages).toEqual(['registered b', 'registered c', 'synced'])
    expect(await readUntilSynced(fleet.query(), resumingWith(String(ids[2])))).toEqual(['synced'])
  })

  test('with an id of each kind continues from there', async () => {
    await using reader = await open(fleet.query(), resumingWith(String(ids[1])))
    for (const { id } of await reader.untilSynced()) {
      const from = revisionOf(id)
      const messages = await readUntilSynced(fleet.query(), resumingWith(id))
      expect(messages).toEqual(from < revisionOf(ids[2]) ? ['registered c', 'synced'] : ['synced'])
    }
  })

  test('with a bare revision is accepted', async () => {
    const messages = await readUntilSynced(fleet.query(), resumingWith(`${revisionOf(ids[1])}`))
    expect(messages).toEqual(['registered c', 'synced'])
  })

  test('may send the id in the query instead', async () => {
    const expected = ['registered c', 'synced']
    expect(await readUntilSynced(fleet.query(`since=${ids[1]}`))).toEqual(expected)
    expect(await readUntilSynced(fleet.query(`since=${revisionOf(ids[1])}`))).toEqual(expected)
  })

  test('continues live without a gap', async () => {
    await using reader = await open(fleet.query(), resumingWith(String(ids[1])))
    const registering = fleet.register('d')
    await reader.until({ agentId: fleet.id('d') })
    await registering
    const messages = reader.received
      .filter(({ type }) => type === 'registered')
      .map(describeMessage)
    expect(messages).toEqual(['registered c', 'registered d'])
    await fleet.deregister('d')
  })
})

describe('of several starting positions', () => {
  test('Last-Event-ID takes precedence over since, since over snapshot', async () => {
    const since = `since=${ids[0]}`
    const missed = ['registered c', 'registered d', 'deregistered d', 'synced']
    expect(await readUntilSynced(fleet.query(since), resumingWith(String(ids[1])))).toEqual(missed)
    expect(
      await readUntilSynced(fleet.query('snapshot=true'), resumingWith(String(ids[1]))),
    ).toEqual(missed)
    expect(await readUntilSynced(fleet.query(`snapshot=true&${since}`))).toEqual([
      'registered b',
      ...missed,
    ])
  })

  test('an empty Last-Event-ID is ignored', async () => {
    expect(await readUntilSynced(fleet.query('snapshot=true'), resumingWith(''))).toEqual(SNAPSHOT)
    expect(await readUntilSynced(fleet.query(), resumingWith(''))).toEqual(['synced'])
  })
})

describe('a client that cannot resume', () => {
  test.each([
    ['of another branch', () => 'other:1'],
    ['in the future', () => `${epoch}:999999999999`],
    ['of an incomplete snapshot', () => `${epoch}:snapshot`],
    ['that is not an id', () => 'x'],
    ['with a negative revision', () => `${epoch}:-1`],
    ['with too many digits', () => `${epoch}:${'9'.repeat(400)}`],
    ['in an invalid format', () => '::,;{}'],
    ['of bytes that are not text', () => '\u00ff\u00fe'],
    ['that is too long', () => 'x'.repeat(8000)],
  ])('with an id %s gets a reset, then a full snapshot', async (_what, id) => {
    await using reader = await open(fleet.query(), resumingWith(id()))
    const messages = await reader.untilSynced()
    expect(messages.map(describeMessage)).toEqual(['reset', ...SNAPSHOT])
    const [reset] = messages
    expect(reset).toMatchObject({ type: 'reset', id: `${epoch}:snapshot`, epoch })
    expect((reset as StreamEvent).reason).toMatch(/./)
    expect(JSON.stringify(reset).length).toBeLessThan(1000)
    expect([...reader.held.values()]).toEqual(await fleet.list())
  })

  test.each(['other:1', '999999999999'])('gets a reset for since=%s, too', async (since) => {
    expect(await readUntilSynced(fleet.query(`since=${since}`))).toEqual(['reset', ...SNAPSHOT])
  })

  test('gets the snapshot of its filter', async () => {
    const messages = await readUntilSynced(fleet.query(`q=${fleet.id('b')}`), resumingWith('x'))
    expect(messages).toEqual(['reset', 'snapshot b', 'synced'])
  })

  test('continues live after the snapshot', async () => {
    await using reader = await open(fleet.query(), resumingWith('x'))
    await reader.untilSynced()
    await fleet.report('a', { status: 'busy' })
    expect(describeMessage(await reader.next())).toBe('updated a')
    await fleet.report('a', { status: 'ready' })
  })
})

test('a client that is disconnected repeatedly misses nothing and gets no duplicates', async () => {
  const own = new AgentFleet(registry, 'often')
  const seen: string[] = []
  let id = ''
  for (let round = 0; round < 20; round++) {
    await using reader = await open(own.query(), id === '' ? {} : resumingWith(id))
    if (id === '') await reader.untilSynced()
    await own.register(`${round}`)
    await own.register(`${round}-more`)
    const message = (await reader.until({ type: 'registered' })).at(-1)
    if (message && 'agent_id' in message) seen.push(own.label(message))
    id = String(message?.id)
  }
  const expected = Array.from({ length: 20 }, (_, i) => [`${i}`, `${i}-more`])
    .flat()
    .slice(0, 20)
  expect(seen).toEqual(expected)
})
