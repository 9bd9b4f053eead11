import { describe, expect, test } from 'vitest'
import { knownCount } from '../src/agents/known-count.ts'
import { isFiltered, listParams, parseListQuery, toAgentQuery } from '../src/agents/list-query.ts'
import { hrefOf, parseLocation } from '../src/app/location.ts'
import { isWebUrl } from '../src/components/web-url.ts'

const parse = (query: string) => parseListQuery(new URLSearchParams(query))

describe('a place', () => {
  test.each([
    ['#/', 'fleet', undefined, ''],
    ['', 'fleet', undefined, ''],
    ['#/nowhere', 'fleet', undefined, ''],
    ['#/agents?q=a+b', 'agents', undefined, 'q=a+b'],
    ['#/agents/team-a%3A1?status=busy', 'agents', 'team-a:1', 'status=busy'],
    ['#/agents/50%', 'agents', '50%', ''],
    ['#/events/x', 'events', undefined, ''],
    ['#/tokens', 'tokens', undefined, ''],
    ['#/webhooks', 'webhooks', undefined, ''],
  ])('%s is read from the URL', (hash, view, agentId, params) => {
    const location = parseLocation(hash)
    expect([location.view, location.agentId, `${location.params}`]).toEqual([view, agentId, params])
  })

  test('is written so that it is read as it was', () => {
    const href = hrefOf('agents', { q: 'what? & #why' }, 'a/b?c')
    const { view, agentId, params } = parseLocation(href)
    expect([view, agentId, params.get('q')]).toEqual(['agents', 'a/b?c', 'what? & #why'])
    expect(hrefOf('fleet')).toBe('#/')
  })
})

describe('the query of a list', () => {
  test('is written so that it is read as it was, without defaults', () => {
    const text =
      'q=x&status=busy&status=expired&capability=a&capability=b&tag=t&protocol=a2a&prefix=t%3A&dead=true&sort=-load'
    expect(listParams(parse(text)).toString()).toBe(text)
    expect(listParams(parse('')).toString()).toBe('')
  })

  test('has nothing that the registry would refuse', () => {
    expect(toAgentQuery(parse('status=nonsense&sort=nonsense&q=++&dead=1'))).toEqual({
      sort: 'agent_id',
    })
  })

  test('asks the registry for ids by their beginning', () => {
    expect(toAgentQuery(parse('prefix=team-a:'))).toMatchObject({ agentId: 'team-a:*' })
    expect(toAgentQuery(parse('prefix=team-a:*'))).toMatchObject({ agentId: 'team-a:*' })
  })

  test('has a known number of agents if it asks for nothing but statuses', () => {
    const counts = { ready: 1, busy: 20, draining: 300, suspect: 4000, expired: 50_000 }
    const countOf = (text: string) => knownCount(parse(text), counts)
    expect(countOf('sort=load')).toBe(4321)
    expect(countOf('dead=true')).toBe(54_321)
    expect(countOf('status=expired&status=busy')).toBe(50_020)
    for (const search of ['q=x', 'prefix=x', 'capability=x', 'tag=x', 'protocol=x']) {
      expect(countOf(search)).toBeUndefined()
    }
    expect(knownCount(parse(''), undefined)).toBeUndefined()
  })

  test('filters unless it only sorts', () => {
    expect([isFiltered(parse('sort=load&dead=true')), isFiltered(parse('protocol=mcp'))]).toEqual([
      false,
      true,
    ])
  })
})

test.each([
  ['http://a', true],
  ['HTTPS://a/b', true],
  ['javascript:alert(1)', false],
  ['javascript://a/%0aalert(1)', false],
  ['data:text/html,x', false],
  ['mcp://a', false],
  ['', false],
])('%s opens a page of the web: %s', (url, expected) => {
  expect(isWebUrl(url)).toBe(expected)
})
