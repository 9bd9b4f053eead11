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
/** Ids of the events that told of the agents a, b and c, in that order. */
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

/** What a stream says up to `synced`: types, and labels of agents. */
async function beginning(query: string, headers?: Record<string, string>): Promise<string[]> {
  await using reader = await open(query, headers)
  return (await reader.untilSynced()).map(shown)
}

function shown(message: FeedMessage): string {
  return 'agent_id' in message ? `${message.type} ${fleet.label(message)}` : message.type
}

const comingBackWith = (id: string) => ({ 'last-event-id': id })
const revisionOf = (id: string | undefined) => Number(id?.split(':')[1])
const SNAPSHOT = ['snapshot a', 'snapshot b', 'snapshot c', 'snapshot there', 'synced']

describe('a client that comes back', () => {
  test('with the id of its last event is told what it missed, and no more', async () => {
    const told = await beginning(fleet.query(), comingBackWith(String(ids[0])))
    expect(told).toEqual(['registered b', 'registered c', 'synced'])
    expect(await beginning(fleet.query(), comingBackWith(String(ids[2])))).toEqual(['synced'])
  })

  test('with an id of each kind goes on where that was', async () => {
    await using reader = await open(fleet.query(), comingBackWith(String(ids[1])))
    for (const { id } of await reader.untilSynced()) {
      const from = revisionOf(id)
      const told = await beginning(fleet.query(), comingBackWith(id))
      expect(told).toEqual(from < revisionOf(ids[2]) ? ['registered c', 'synced'] : ['synced'])
    }
  })

  test('with a bare revision is believed', async () => {
    const told = await beginning(fleet.query(), comingBackWith(`${revisionOf(ids[1])}`))
    expect(told).toEqual(['registered c', 'synced'])
  })

  test('may say so in the address instead', async () => {
    const expected = ['registered c', 'synced']
    expect(await beginning(fleet.query(`since=${ids[1]}`))).toEqual(expected)
    expect(await beginning(fleet.query(`since=${revisionOf(ids[1])}`))).toEqual(expected)
  })

  test('goes on live without a gap', async () => {
    await using reader = await open(fleet.query(), comingBackWith(String(ids[1])))
    const telling = fleet.register('d')
    await reader.until({ agentId: fleet.id('d') })
    await telling
    const told = reader.received.filter(({ type }) => type === 'registered').map(shown)
    expect(told).toEqual(['registered c', 'registered d'])
    await fleet.deregister('d')
  })
})

describe('of several beginnings', () => {
  test('Last-Event-ID counts before since, since before snapshot', async () => {
    const since = `since=${ids[0]}`
    const missed = ['registered c', 'registered d', 'deregistered d', 'synced']
    expect(await beginning(fleet.query(since), comingBackWith(String(ids[1])))).toEqual(missed)
    expect(await beginning(fleet.query('snapshot=true'), comingBackWith(String(ids[1])))).toEqual(
      missed,
    )
    expect(await beginning(fleet.query(`snapshot=true&${since}`))).toEqual([
      'registered b',
      ...missed,
    ])
  })

  test('an empty Last-Event-ID is none', async () => {
    expect(await beginning(fleet.query('snapshot=true'), comingBackWith(''))).toEqual(SNAPSHOT)
    expect(await beginning(fleet.query(), comingBackWith(''))).toEqual(['synced'])
  })
})

describe('a client that cannot go on', () => {
  test.each([
    ['of another history', () => 'other:1'],
    ['of the future', () => `${epoch}:999999999999`],
    ['of a snapshot that was not complete', () => `${epoch}:snapshot`],
    ['that is no id', () => 'x'],
    ['that is no number', () => `${epoch}:-1`],
    ['of too many digits', () => `${epoch}:${'9'.repeat(400)}`],
    ['of a strange form', () => '::,;{}'],
    ['of bytes that are no text', () => '\u00ff\u00fe'],
    ['that is long', () => 'x'.repeat(8000)],
  ])('with an id %s is told to forget everything, and then everything', async (_what, id) => {
    await using reader = await open(fleet.query(), comingBackWith(id()))
    const told = await reader.untilSynced()
    expect(told.map(shown)).toEqual(['reset', ...SNAPSHOT])
    const [reset] = told
    expect(reset).toMatchObject({ type: 'reset', id: `${epoch}:snapshot`, epoch })
    expect((reset as StreamEvent).reason).toMatch(/./)
    expect(JSON.stringify(reset).length).toBeLessThan(1000)
    expect([...reader.held.values()]).toEqual(await fleet.list())
  })

  test.each(['other:1', '999999999999'])('is told so for since=%s, too', async (since) => {
    expect(await beginning(fleet.query(`since=${since}`))).toEqual(['reset', ...SNAPSHOT])
  })

  test('gets the snapshot of its filter', async () => {
    const told = await beginning(fleet.query(`q=${fleet.id('b')}`), comingBackWith('x'))
    expect(told).toEqual(['reset', 'snapshot b', 'synced'])
  })

  test('goes on live behind the snapshot', async () => {
    await using reader = await open(fleet.query(), comingBackWith('x'))
    await reader.untilSynced()
    await fleet.report('a', { status: 'busy' })
    expect(shown(await reader.next())).toBe('updated a')
    await fleet.report('a', { status: 'ready' })
  })
})

test('a client that is cut off again and again misses nothing and hears nothing twice', async () => {
  const own = new AgentFleet(registry, 'often')
  const seen: string[] = []
  let id = ''
  for (let round = 0; round < 20; round++) {
    await using reader = await open(own.query(), id === '' ? {} : comingBackWith(id))
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
