// A caller with a token for `team-a:*` names an agent of another team in a body.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedRegistry,
  attackedRegistry,
  OWN,
  rawRequest,
  VICTIM,
} from './support/attacked-registry.ts'

let registry: AttackedRegistry
beforeAll(async () => {
  registry = await attackedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

const REST = '"agent_name":"Intruder","host":"10.6.6.6","port":666'

/** Ways to write the id of the victim as JSON. */
const IDS: Readonly<Record<string, string>> = {
  plainly: '"team-b:1"',
  'with escapes': '"team\\u002db\\u003a1"',
  'with a full-width colon': '"team-b\uff1a1"',
  'with an escaped full-width letter': '"team-\\uff42:1"',
  'with a zero-width space': '"team-b:1\u200b"',
  'with a lone surrogate': '"team-b:1\\ud800"',
  'from right to left': '"\u202e1:b-maet"',
  'with a NUL': '"team-b:1\\u0000"',
  'with a space': '" team-b:1"',
  'with a line feed': '"team-b:1\\n"',
  'with an own prefix and a path': '"team-a:/../team-b:1"',
  'as a list': '["team-b:1"]',
  'as an object': '{"toString":"team-b:1"}',
  'in uppercase': '"TEAM-B:1"',
  'with 256 characters': `"${'team-a:'.padEnd(256, 'x')}"`,
}

describe.each(Object.entries(IDS))('an id that is written %s', (_how, id) => {
  test('registers nothing', async () => {
    const before = [await registry.victim(), await registry.repository.counts()]
    const json = `{"agent_id":${id},${REST}}`
    const [status] = await registry.exchange(rawRequest('POST', '/agents/register', { json }), 1)
    expect([403, 422, 400]).toContain(status)
    expect([await registry.victim(), await registry.repository.counts()]).toEqual(before)
  })

  test.each([
    (it: string) => `{"agent_ids":["${OWN}",${it}]}`,
    (it: string) => `{"heartbeats":[{"agent_id":"${OWN}"},{"agent_id":${it},"status":"busy"}]}`,
  ])('renews nothing in a batch: %#', async (batch) => {
    const before = await registry.victim()
    const json = batch(id)
    await registry.exchange(rawRequest('POST', '/agents/heartbeats', { json }), 1)
    expect(await registry.victim()).toEqual(before)
  })
})

describe('an id that is given twice', () => {
  const own = `"agent_id":"${OWN}"`
  const victim = `"agent_id":"${VICTIM}"`
  const escaped = `"agent\\u005fid":"${VICTIM}"`

  test.each([
    [own, victim],
    [victim, own],
    [own, escaped],
    [escaped, own],
    [own, victim, own],
  ])('is checked as it is used in a registration: %#', async (...ids) => {
    const before = await registry.victim()
    const json = `{${ids.join(',')},${REST}}`
    await registry.exchange(rawRequest('POST', '/agents/register', { json }), 1)
    expect(await registry.victim()).toEqual(before)
  })

  test.each([
    [own, victim],
    [victim, own],
    [own, escaped],
  ])('is checked as it is used in a batch: %#', async (...ids) => {
    const before = await registry.victim()
    const json = `{"heartbeats":[{${ids.join(',')},"status":"busy"}]}`
    await registry.exchange(rawRequest('POST', '/agents/heartbeats', { json }), 1)
    expect(await registry.victim()).toEqual(before)
  })
})

test('two lists in one batch are refused', async () => {
  const before = await registry.victim()
  for (const json of [
    `{"agent_ids":["${OWN}"],"heartbeats":[{"agent_id":"${VICTIM}"}]}`,
    `{"agent_ids":["${OWN}"],"agent_ids":["${VICTIM}"]}`,
  ]) {
    await registry.exchange(rawRequest('POST', '/agents/heartbeats', { json }), 1)
    expect(await registry.victim()).toEqual(before)
  }
})

test('a registration of an own agent changes no other, whatever it says of itself', async () => {
  const before = await registry.victim()
  const json = `{"agent_id":"${OWN}",${REST},"url":"http://10.0.0.7:8000"}`
  expect(await registry.exchange(rawRequest('POST', '/agents/register', { json }), 1)).toEqual([
    200,
  ])
  expect(await registry.victim()).toEqual(before)
})
