// A registry behind a proxy that strips a prefix: no link leaves the prefix.
import { DiscoveryClient } from '@rollcall/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { PrefixProxy } from './support/prefix-proxy.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'proxy')
const LABELS = ['a', 'b', 'c', 'd', 'e']
let proxy: PrefixProxy

beforeAll(async () => {
  proxy = await PrefixProxy.start(registry.baseUrl)
  for (const label of LABELS) await fleet.register(label)
})
afterAll(() => proxy[Symbol.asyncDispose]())

const get = async (path: string) => {
  const response = await fetch(proxy.registryUrl + path)
  return { response, url: response.url, text: await response.text() }
}

/** Follows the `Link` headers from an address, resolved as in RFC 8288. */
async function pagesFrom(path: string): Promise<{ agent_id: string }[][]> {
  const pages: { agent_id: string }[][] = []
  for (let url: string | undefined = proxy.registryUrl + path; url !== undefined; ) {
    const response: Response = await fetch(url)
    expect(response.status, url).toBe(200)
    pages.push((await response.json()) as { agent_id: string }[])
    const link = /^<([^>]*)>/.exec(response.headers.get('link') ?? '')?.[1]
    url = link === undefined ? undefined : new URL(link, url).href
  }
  return pages
}

describe('pages link to the next one', () => {
  test('of a list', async () => {
    const pages = await pagesFrom(`/agents?${fleet.query('limit=2')}`)
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1])
    expect(new Set(pages.flat().map(({ agent_id }) => agent_id)).size).toBe(LABELS.length)
  })

  test('of a history', async () => {
    await fleet.report('a', { status: 'busy' })
    const pages = await pagesFrom(`/agents/${fleet.id('a')}/events?limit=1`)
    expect(pages.length).toBe(2)
  })

  test('and the client follows them', async () => {
    const client = new DiscoveryClient({ registryUrl: proxy.registryUrl })
    const seen: string[] = []
    for await (const page of client.pages({ q: fleet.id('').toLowerCase(), limit: 2 })) {
      seen.push(...fleet.labels(page.map(({ agentId }) => ({ agent_id: agentId }))))
    }
    expect(seen).toEqual(LABELS)
  })
})

test('a server of MCP is found by its name, although the proxy unescapes the slash in it', async () => {
  const { agent_id } = await fleet.register('adder', { protocol: 'mcp' })
  const name = encodeURIComponent(`localhost.rollcall/${agent_id}`)
  for (const path of ['versions', 'versions/latest', 'versions/latest?include_deleted=true']) {
    const { response, text } = await get(`/v0.1/servers/${name}/${path}`)
    expect(response.status, text).toBe(200)
    const direct = await fetch(`${registry.baseUrl}/v0.1/servers/${name}/${path}`)
    expect(text).toBe(await direct.text())
  }
})

test('the root links to existing addresses', async () => {
  const { url, text } = await get('/')
  const { name, links } = JSON.parse(text)
  expect(name).toBe('Rollcall')
  expect(Object.keys(links)).toContain('docs')
  for (const link of Object.values(links)) {
    const response = await fetch(new URL(String(link), url))
    expect(response.status, String(link)).toBe(200)
    expect(response.url.startsWith(`${proxy.registryUrl}/`)).toBe(true)
    await response.body?.cancel()
  }
})

describe('the documentation', () => {
  test.each(['/docs', '/docs/'])('loads all of its assets from %s', async (path) => {
    const { url, text } = await get(path)
    const sources = text.matchAll(/(?:src|href)="([^"]+)"/g).map(([, source]) => source ?? '')
    const all = sources.toArray()
    expect(all.length).toBeGreaterThan(3)
    for (const source of all) {
      const file = await fetch(new URL(source, url))
      expect(file.status, source).toBe(200)
      await file.body?.cancel()
    }
  })

  test.each(['/openapi.json', '/docs/json'])(
    'in %s has the registry as its server',
    async (path) => {
      const { url, text } = await get(path)
      const [{ url: server }] = JSON.parse(text).servers
      expect(new URL(server, url).href).toBe(`${proxy.registryUrl}/`)
    },
  )
})
