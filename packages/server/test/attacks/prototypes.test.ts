// Names that every JavaScript object has, wherever a client may name something.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type GuardedRegistry,
  guardedRegistry,
  TOKENS,
} from '../access/support/guarded-registry.ts'

const PROTOTYPES = [Object, Array, Function, String, Number, Map, Set, Promise, Error].map(
  (type) => type.prototype as object,
)
const properties = () =>
  PROTOTYPES.map((it) => JSON.stringify(Object.getOwnPropertyDescriptors(it)) + Object.keys(it))

const before = properties()
let registry: GuardedRegistry
beforeAll(async () => {
  registry = await guardedRegistry()
})
// The registry is in this process.
afterAll(async () => {
  expect(properties()).toEqual(before)
  await registry[Symbol.asyncDispose]()
})

const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty']
const MORE_INHERITED = ['__defineGetter__', '__lookupSetter__', 'isPrototypeOf', 'then', 'toJSON']
const NAMES = [...INHERITED, ...MORE_INHERITED]

const send = (method: string, path: string, json?: unknown) =>
  registry.send(method, path, { token: TOKENS.admin, json })
/** Sends JSON as it is written: an object cannot have some of these keys. */
const sendText = (path: string, text: string) =>
  fetch(registry.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.admin}`, 'content-type': 'application/json' },
    body: text,
  })

const REGISTRATION = '"agent_id":"a","agent_name":"A","host":"h","port":1'
const BODIES: Readonly<
  Record<string, (name: string, value: string) => [path: string, text: string]>
> = {
  'a registration': (name, value) => ['/agents/register', `{${REGISTRATION},"${name}":${value}}`],
  'a report': (name, value) => ['/agents/a/heartbeat', `{"load":0.5,"${name}":${value}}`],
  'a batch': (name, value) => ['/agents/heartbeats', `{"agent_ids":["a"],"${name}":${value}}`],
  'a batch of reports': (name, value) => [
    '/agents/heartbeats',
    `{"heartbeats":[{"agent_id":"a","${name}":${value}}]}`,
  ],
  'a token': (name, value) => ['/tokens', `{"name":"b","scope":"read","${name}":${value}}`],
}
const POLLUTION = ['{"polluted":true}', '{"prototype":{"polluted":true}}', '{"scope":"admin"}', '1']

describe.each(Object.entries(BODIES))('%s', (_what, request) => {
  test.each(NAMES)('with the key %s is refused', async (name) => {
    for (const value of POLLUTION) {
      const { status } = await sendText(...request(name, value))
      expect([400, 422]).toContain(status)
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

test('no metadata has a prototype of its own, and all other keys are kept', async () => {
  for (const name of NAMES) {
    const text = `{${REGISTRATION},"metadata":{"${name}":{"polluted":true},"b":[{"${name}":1}]}}`
    const response = await sendText('/agents/register', text)
    expect(response.status).toBe(name === '__proto__' ? 400 : 200)
    if (response.status !== 200) continue
    const { metadata } = (await (await send('GET', '/agents/a')).json()) as { metadata: object }
    expect(Object.entries(metadata)).toEqual([
      [name, { polluted: true }],
      ['b', [{ [name]: 1 }]],
    ])
  }
})

describe.each(NAMES)('an agent with the id %s', (agent_id) => {
  const statusOf = async (method: string, path: string) => (await send(method, path)).status

  test('is unknown until it registers, and again once it is gone', async () => {
    const path = `/agents/${agent_id}`
    const expectStatus = async (status: number) => {
      expect(await statusOf('POST', `${path}/heartbeat`)).toBe(status)
      expect(await statusOf('GET', path)).toBe(status)
    }
    await expectStatus(404)
    const agent = { agent_id, agent_name: agent_id, host: 'h', port: 1, capabilities: [agent_id] }
    expect((await send('POST', '/agents/register', agent)).status).toBe(200)
    await expectStatus(200)
    const found = await send('GET', `/agents?capability=${agent_id}&name=${agent_id}`)
    expect(await found.json()).toMatchObject([{ agent_id, capabilities: [agent_id] }])
    const batch = await send('POST', '/agents/heartbeats', { agent_ids: [agent_id, 'valueOf-2'] })
    expect(await batch.json()).toMatchObject({ ok: 1, unknown: ['valueOf-2'] })
    expect(await statusOf('DELETE', path)).toBe(200)
    await expectStatus(404)
  })
})

describe.each(NAMES)('a query with %s', (name) => {
  test.each([
    `${name}=x`,
    `${name}[polluted]=x`,
    `${name}.polluted=x`,
    `constructor.${name}=x`,
    `sort=${name}`,
    `status=${name}`,
    `include_dead=${name}`,
    `cursor=${name}`,
  ])('is refused as ?%s', async (query) => {
    for (const path of ['/agents', '/events']) {
      expect([400, 422]).toContain((await send('GET', `${path}?${query}`)).status)
    }
  })

  test('finds nothing that nobody has registered', async () => {
    for (const query of [
      `metadata.${name}=x`,
      `metadata=${name}:x`,
      `metadata.${name}.${name}=x`,
      `capability=${name}`,
      `name=${name}`,
    ]) {
      const response = await send('GET', `/agents?${query}`)
      expect([query, response.status, await response.json()]).toEqual([query, 200, []])
    }
  })
})

test('no route has such a name', async () => {
  for (const name of NAMES) expect((await send('GET', `/${name}`)).status).toBe(404)
})
