// Requests of catalogs that are made to break a registry, and agents whose texts are.
import { describe, expect, test } from 'vitest'
import { useRegistry } from '../support/registry-under-test.ts'

const registry = useRegistry()

const search = (body: string) =>
  registry.post('/ard/search', { body, headers: { 'content-type': 'application/json' } })
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const query = (members: string) => `{"query":{"text":"a"${members}}}`

describe('a search', () => {
  test.each([
    ['nested filters', query(`,"filter":{"tags":${nested(20_000)}}`)],
    ['a nested context', query(`,"@context":${nested(20_000)},"filter":{"a:b":"c"}`)],
    ['__proto__ as a field', query(',"filter":{"__proto__":"x"}')],
    ['__proto__ as a prefix', query(',"filter":{"__proto__:x":"y"},"@context":{}')],
    ['constructor as a field', query(',"filter":{"constructor":"x"}')],
    ['hasOwnProperty as a prefix', query(',"filter":{"hasOwnProperty:x":"y"},"@context":{}')],
    ['ten thousand values', query(`,"filter":{"tags":${JSON.stringify(Array(10_000).fill('x'))}}`)],
    [
      'ten thousand fields',
      query(`,"filter":{${Array.from({ length: 3000 }, (_, i) => `"f${i}":"x"`)}}`),
    ],
    ['a lone surrogate', '{"query":{"text":"\\ud800"}}'],
    ['a list for its text', '{"query":{"text":["a"]}}'],
    ['a list for itself', '{"query":[]}'],
    ['a huge number', '{"query":{"text":"a"},"pageSize":1e400}'],
    ['a text of two thousand characters', `{"query":{"text":"${'word '.repeat(400)}"}}`],
    ['a cut-off body', '{"query":{"text":"a"'],
    [
      'a forged position',
      `{"query":{"text":"a"},"pageToken":"${Buffer.from('[1,"../x"]').toString('base64url')}"}`,
    ],
  ])('with %s is refused, and clearly', async (_, body) => {
    const answer = await search(body)
    expect(answer.status, answer.text).toBe(400)
    expect(answer.json).toMatchObject({ errorCode: 'INVALID_ARGUMENT' })
    expect(answer.text.length).toBeLessThan(8000)
  })

  test('for many different words looks for some of them', async () => {
    const { agent_id: id } = await registry.register({ agent_name: 'Longestwordofall' })
    const words = Array.from({ length: 150 }, (_, index) => `w${index}`)
    const answer = await search(
      JSON.stringify({ query: { text: `${words.join(' ')} longestwordofall` } }),
    )
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(id)
  })
})

test('a list filter may be a hostile text', async () => {
  for (const filter of [
    `${"type='a' AND ".repeat(70)}x`,
    `type='${'a,'.repeat(400)}'`,
    "'='",
    '=',
    'type="',
  ]) {
    const answer = await registry.get(`/ard/agents?filter=${encodeURIComponent(filter)}`)
    expect([200, 400], answer.text).toContain(answer.status)
  }
})

test('texts of agents are shown as they are, and break no catalog', async () => {
  const hostile = `"}],"x":[{"a":"</script>${'\u2028'}'--`
  const tags = Array.from({ length: 64 }, (_, index) => `t${index}"]}`)
  const { agent_id: id } = await registry.register({
    agent_name: hostile.replaceAll('\u2028', ''),
    description: hostile.replaceAll('\u2028', ''),
    ...{ tags, version: '"]}', protocol: 'mcp', metadata: { secret: 'of-the-metadata' } },
  })
  for (const path of [
    '/.well-known/ard.json',
    '/ard/agents',
    '/v0.1/servers',
    `/agents/${id}/server-card`,
  ]) {
    const answer = await registry.get(path)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual(answer.json)
    expect(answer.text).not.toContain('of-the-metadata')
  }
  const version = await registry.get(
    `/v0.1/servers/localhost.rollcall%2F${id}/versions/${encodeURIComponent('"]}')}`,
  )
  expect(version.status).toBe(200)
})

test.each(['%2e%2e%2f', '%00', '../../etc', 'a%2Fb%2Fc', '%F0%9F%98%80', `${'x'.repeat(900)}`])(
  'a server called %s is unknown',
  async (name) => {
    const answer = await registry.get(`/v0.1/servers/${name}/versions/latest`)
    expect(answer.status).toBe(404)
  },
)

test('a server card with ten thousand remotes is kept, and its agent called at the first', async () => {
  const remotes = Array.from({ length: 1000 }, () => ({ type: 'sse', url: 'http://10.0.0.1:1/a' }))
  const card = { name: 'com.example/many', version: '1', description: 'x', remotes }
  const { agent_id: id } = await registry.register({
    card,
    url: undefined,
    host: undefined,
    port: undefined,
  })
  expect((await registry.get(`/agents/${id}`)).json).toMatchObject({ url: 'http://10.0.0.1:1/a' })
})
