// Pages of the change feed as CloudEvents, for those who ask for them by name.
import type { AgentEvent } from '@rollcall/protocol'
import type { CloudEvent } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'

const BATCH = 'application/cloudevents-batch+json'
const JSON_TYPE = 'application/json; charset=utf-8'

let store: FreshStore
let registry: RegistryProcess
const start = () => RegistryProcess.start({ cwd: store.folder, db: store.url })
beforeAll(async () => {
  store = await freshStore()
  registry = await start()
  for (const id of ['a', 'b', 'c']) {
    const agent = { agent_id: id, agent_name: 'A', host: '10.0.0.7', port: 8000, ttl_seconds: 3600 }
    await registry.http.send('POST', '/agents/register', agent)
  }
})
afterAll(async () => {
  await registry.kill()
  await store[Symbol.asyncDispose]()
})

async function read<T>(query: string, accept: string) {
  const response = await fetch(`${registry.url}/events${query}`, { headers: { accept } })
  const { headers } = response
  const json = (await response.json()) as T[]
  return { type: headers.get('content-type'), link: headers.get('link'), json }
}

const events = async (query = ''): Promise<CloudEvent[]> =>
  (await read<CloudEvent>(query, BATCH)).json

test('a page has the same events as the page in JSON, each in an envelope', async () => {
  const { json: plain } = await read<AgentEvent>('', 'application/json')
  const { type, json } = await read<CloudEvent>('', BATCH)
  expect(type).toBe(`${BATCH}; charset=utf-8`)
  expect(json.map(({ data }) => data)).toEqual(plain)
  const { id, source, subject, time } = json[1] as CloudEvent
  const { agent_id, at } = plain[1] as AgentEvent
  expect({ subject, time }).toEqual({ subject: agent_id, time: at })
  expect(id).toMatch(/^[\w-]+:2$/)
  expect(source).toMatch(/^urn:rollcall:[\w-]+$/)
  expect(Object.keys(json[0] as CloudEvent)).toEqual([
    ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
  ])
})

test('filters, pages and links are those of the page in JSON', async () => {
  expect((await events('?agent_id=b')).map(({ subject }) => subject)).toEqual(['b'])
  const { json, link } = await read('?limit=2', BATCH)
  expect(json).toHaveLength(2)
  const next = /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1] ?? ''
  expect((await events(next)).map(({ subject }) => subject)).toEqual(['c'])
})

test.each([
  ['', JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  [`${BATCH};q=0.5, application/json`, JSON_TYPE],
  [`application/json;q=0.5, ${BATCH}`, `${BATCH}; charset=utf-8`],
  [BATCH.toUpperCase(), `${BATCH}; charset=utf-8`],
  ['application/cloudevents+json', JSON_TYPE],
])('Accept: %s gets %s', async (accept, type) => {
  expect((await read('', accept)).type).toBe(type)
})

test('a stream is still a stream for those who prefer one', async () => {
  const leave = new AbortController()
  const response = await fetch(`${registry.url}/events`, {
    headers: { accept: `text/event-stream, ${BATCH};q=0.5` },
    signal: leave.signal,
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  leave.abort()
})

test('ids and the source stay the same when the registry is started again', async () => {
  const before = (await events()).map(({ id, source }) => ({ id, source }))
  await registry.stop()
  registry = await start()
  await registry.http.send('DELETE', '/agents/a')
  const after = (await events()).map(({ id, source }) => ({ id, source }))
  expect(after.slice(0, before.length)).toEqual(before)
  expect(new Set(after.map(({ id }) => id)).size).toBe(4)
})
