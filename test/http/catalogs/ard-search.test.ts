// What a search of ARD finds, in which order, and what entries say.
import { beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { useRegistry } from '../support/registry-under-test.ts'

const registry = useRegistry()

interface Found {
  readonly results: readonly (Record<string, unknown> & { score: number; displayName: string })[]
  readonly pageToken?: string
}

async function search(query: object, more: object = {}): Promise<Found> {
  const answer = await registry.post('/ard/search', { json: { query, ...more } })
  expect(answer.status, answer.text).toBe(200)
  return answer.json as Found
}
const names = async (query: object, more?: object) =>
  (await search(query, more)).results.map(({ displayName }) => displayName)

beforeAll(async () => {
  await registry.register({
    agent_name: 'Glacier radar',
    capabilities: ['glacier', 'radar'],
    tags: ['ice'],
  })
  await registry.register({
    agent_name: 'Ice',
    description: 'Measures each glacier.',
    tags: ['ice'],
  })
  await registry.register({
    agent_name: 'Boat',
    metadata: { sails: 'past a glacier' },
    tags: ['sea'],
  })
  await registry.register({ agent_name: 'Busy glacier', status: 'busy', tags: ['sea'] })
})

describe('ranking', () => {
  test('words are alternatives; more of them, and in better places, come first', async () => {
    const { results } = await search({
      text: 'Please find me an agent for radar pictures of glaciers!',
    })
    expect(results.map(({ displayName, score }) => [displayName, score])).toEqual([
      ['Glacier radar', 67],
      ['Busy glacier', 33],
      ['Ice', 27],
      ['Boat', 20],
    ])
  })

  test('a sentence of nothing but stop words is looked for as it is', async () => {
    await registry.register({ agent_name: 'To be or not' })
    expect(await names({ text: 'to be' })).toContain('To be or not')
  })

  test('nothing is found for words that nobody has', async () => {
    expect(await search({ text: 'xylophone' })).toEqual({ results: [] })
  })

  test('pages follow each other without gaps and repetition', async () => {
    const all = (await search({ text: 'glacier' }, { pageSize: 100 })).results
    const paged: unknown[] = []
    let pageToken: string | undefined
    do {
      const page = await search(
        { text: 'glacier' },
        { pageSize: 1, ...(pageToken && { pageToken }) },
      )
      paged.push(...page.results)
      pageToken = page.pageToken
    } while (pageToken !== undefined)
    expect(all).toHaveLength(4)
    expect(paged).toEqual(all)
  })

  test('an agent with all words is found among hundreds with one of them', async () => {
    for (let index = 0; index < 220; index++) await registry.register({ agent_name: 'Pebble' })
    await registry.register({ agent_id: registry.newId('zz'), agent_name: 'Pebble beach' })
    const { results } = await search({ text: 'a beach with a pebble' })
    expect(results[0]).toMatchObject({ displayName: 'Pebble beach', score: 100 })
    // The others are not ranked at all.
    const text = 'pebble'
    const first = await search({ text }, { pageSize: 100 })
    const second = await search({ text }, { pageSize: 100, pageToken: first.pageToken })
    expect([first.results.length, second.results.length]).toEqual([100, 100])
    expect(second.pageToken).toBeUndefined()
  })
})

describe('a filter', () => {
  const found = (filter: object, context?: unknown) =>
    names({ text: 'glacier', filter, ...(context !== undefined && { '@context': context }) })

  test('takes any of several values of a field, and all fields', async () => {
    expect(await found({ tags: ['ice', 'nothing'] })).toEqual(['Glacier radar', 'Ice'])
    expect(await found({ tags: ['ice', 'sea'], capabilities: 'radar' })).toEqual(['Glacier radar'])
    expect(await found({ displayName: 'Ice' })).toEqual(['Ice'])
    expect(await found({ publisherId: ['example.com'] })).toEqual([])
    expect(await found({})).toHaveLength(4)
  })

  test('asks for live terms, by whatever prefix the context gives them', async () => {
    expect(await found({ 'live:status': 'busy' })).toEqual(['Busy glacier'])
    const context = { l: 'https://rollcall.dev/ns/live#' }
    expect(await found({ 'l:status': ['busy'] }, context)).toEqual(['Busy glacier'])
    expect(await found({ 'live:isAlive': true })).toHaveLength(4)
  })

  test.each<object>([
    { tags: { a: 1 } },
    { tags: [['ice']] },
    { tags: null },
    { 'l:status': 'busy' },
    { toString: 'x' },
  ])('that says nothing is refused: %j', async (filter) => {
    const answer = await registry.post('/ard/search', { json: { query: { text: 'a', filter } } })
    expect(answer.status).toBe(400)
  })
})

test('only live agents are found, unless dead ones are asked for; a look-up says which', async () => {
  const { agent_id: id } = await registry.register({ agent_name: 'Mayfly glider', ttl_seconds: 1 })
  const query = { text: 'mayfly' }
  const dead = { ...query, filter: { 'live:isAlive': 'false' } }
  const known = { path: `/ard/agents/urn:air:rollcall.localhost:agent:${id}` }
  await eventually(() => names(query)).toEqual([])
  expect(await search(dead)).toMatchObject({ results: [{ 'live:status': 'expired' }] })
  expect((await registry.get(known.path)).json).toMatchObject({ 'live:isAlive': false })
  const { text } = await registry.get('/.well-known/ard.json')
  expect(text).not.toContain('Mayfly')
  // Otherwise its lapse may be recorded at any time after this, and change what later tests read.
  await registry.delete(`/agents/${id}`)
})

test('a list is in pages, filtered and ordered', async () => {
  const list = async (parameters: Record<string, string>) => {
    const answer = await registry.get(`/ard/agents?${new URLSearchParams(parameters)}`)
    expect(answer.status, answer.text).toBe(200)
    return answer.json as { items: { displayName: string }[]; pageToken?: string }
  }
  const pebbles = "displayName = 'Pebble, Pebble beach'"
  const first = await list({ filter: pebbles, pageSize: '100' })
  const second = await list({ filter: pebbles, pageSize: '100', pageToken: first.pageToken ?? '' })
  const third = await list({ filter: pebbles, pageSize: '100', pageToken: second.pageToken ?? '' })
  expect([first, second, third].map(({ items }) => items.length)).toEqual([100, 100, 21])
  expect(third.pageToken).toBeUndefined()
  const newest = await list({ orderBy: 'createdAt desc', pageSize: '1', filter: pebbles })
  expect(newest.items[0]?.displayName).toBe('Pebble beach')
  const none = await list({ filter: `${pebbles} AND updatedAfter = '2999-01-01T00:00:00Z'` })
  expect(none).toEqual({ items: [] })
  const other = await registry.get(
    `/ard/agents?pageToken=${encodeURIComponent(first.pageToken ?? '')}`,
  )
  expect(other.status).toBe(400)
})

test('an entry and a manifest are 304 for who has them, until an agent changes', async () => {
  const { agent_id: id } = await registry.register({ agent_name: 'Tag' })
  for (const path of [
    `/ard/agents/urn:air:rollcall.localhost:agent:${id}`,
    '/.well-known/ard.json',
  ]) {
    const etag = (await registry.get(path)).headers.get('etag') ?? ''
    const headers = { 'if-none-match': etag }
    await registry.post(`/agents/${id}/heartbeat`, { json: { load: 0.9 } })
    expect((await registry.get(path, { headers })).status).toBe(304)
    // Its URLs name the address at which the registry was reached.
    const elsewhere = registry.baseUrl.replace('127.0.0.1', 'localhost')
    expect((await fetch(elsewhere + path, { headers })).status).toBe(200)
    await registry.post(`/agents/${id}/heartbeat`, { json: { status: 'busy' } })
    const changed = await registry.get(path, { headers })
    expect(changed.status).toBe(200)
    expect(changed.text).toContain('"live:status":"busy"')
    await registry.post(`/agents/${id}/heartbeat`, { json: { status: 'ready' } })
  }
})

test('an entry points to the card that there is', async () => {
  const entryOf = async (fields: object) => {
    const { agent_id: id } = await registry.register({ ...fields })
    const path = `/ard/agents/urn:air:rollcall.localhost:agent:${id}`
    const { type, url } = (await registry.get(path)).json as { type: string; url: string }
    return { type, path: url.replace(`${registry.baseUrl}/agents/${id}`, '') }
  }
  const card = { name: 'A', url: 'http://10.0.0.7:8000' }
  const card_url = 'https://agents.example/card.json'
  const a2a = 'application/a2a-agent-card+json'
  const record = { type: 'application/vnd.rollcall.agent+json', path: '' }
  expect(await entryOf({ card, protocol: 'a2a' })).toEqual({ type: a2a, path: '/card' })
  expect(await entryOf({ card_url, protocol: 'a2a' })).toEqual({ type: a2a, path: card_url })
  expect(await entryOf({ card, card_url, protocol: 'a2a' })).toEqual({ type: a2a, path: '/card' })
  expect(await entryOf({ protocol: 'a2a' })).toEqual(record)
  expect(await entryOf({})).toEqual(record)
  const server = { type: 'application/mcp-server-card+json', path: '/server-card' }
  expect(await entryOf({ protocol: 'mcp' })).toEqual(server)
})
