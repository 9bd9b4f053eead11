import { AGENT_SORTS } from '@rollcall/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { deregisterMany, registerMany } from './support/bulk-requests.ts'
import { followLinks, linkTo } from './support/link-header.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'paging')
const LABELS = Array.from({ length: 24 }, (_, index) => `${10 + ((index * 7) % 24)}`)

beforeAll(async () => {
  for (const [index, label] of LABELS.entries()) {
    await fleet.register(label, index % 3 === 0 ? {} : { load: (index % 5) / 5 })
  }
})

const pagesOf = async (query: string) =>
  (await followLinks(registry, `/agents?${query}`)).map((page) => agentsIn(page))

describe.each(AGENT_SORTS.map((sort) => [sort]))('pages sorted by %s', (sort) => {
  test.each([1, 5, 24])('of %i add up to the whole list', async (limit) => {
    const whole = await fleet.find(`sort=${sort}`)
    const pages = await pagesOf(fleet.query(`sort=${sort}&limit=${limit}`))
    expect(pages.flatMap((page) => fleet.labels(page))).toEqual(whole)
    expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
    expect(pages.length).toBe(Math.ceil(LABELS.length / limit))
  })
})

describe('the Link to the next page', () => {
  test('is present only if there is one', async () => {
    const linkOf = async (limit: number) =>
      linkTo('next', await registry.get(`/agents?${fleet.query(`limit=${limit}`)}`))
    expect(await linkOf(23)).toBeDefined()
    expect(await linkOf(24)).toBeUndefined()
    expect(await linkOf(25)).toBeUndefined()
    const empty = await registry.get(`/agents?${fleet.query('status=busy&limit=1')}`)
    expect(linkTo('next', empty)).toBeUndefined()
  })

  test('is in the response to HEAD, too', async () => {
    const path = `/agents?${fleet.query('limit=5')}`
    const [head, get] = [await registry.request('HEAD', path), await registry.get(path)]
    expect(linkTo('next', head)).toBe(linkTo('next', get))
  })

  test.each([
    ['a space', 'b n'],
    ['a plus', 'c++'],
    ['query delimiters', 'a&limit=2=b#c%20%'],
    ['a question mark', 'what? where?'],
    ['letters of several scripts', 'ü باحث 👾'],
    ['angle brackets and quotes', '<a>; rel="prev"'],
  ])('keeps a condition with %s', async (_what, value) => {
    const unusual = new AgentFleet(registry, 'unusual')
    for (const label of ['1', '2', '3']) {
      await unusual.register(label, { agent_name: value, metadata: { value } })
    }
    await unusual.register('other')
    const strict = encodeURIComponent(value)
    // Clients may leave these characters unescaped in a query string.
    const lenient = strict.replaceAll('%3F', '?').replaceAll('%20', '+')
    for (const escaped of [strict, lenient]) {
      const query = unusual.query(`metadata.value=${escaped}&name=${escaped}&limit=1`)
      expect((await pagesOf(query)).map((page) => unusual.labels(page))).toEqual([
        ['1'],
        ['2'],
        ['3'],
      ])
    }
  })

  test('keeps repeated conditions', async () => {
    const query = fleet.query('status=ready&status=busy&limit=20')
    expect((await pagesOf(query)).map(({ length }) => length)).toEqual([20, 4])
  })
})

test('a list sorted by anything but the id has at most 1000 agents per page', async () => {
  const many = new AgentFleet(registry, 'many')
  const ids = Array.from({ length: 1001 }, (_, index) => many.id(`${index}`))
  const registrations = ids.map((agent_id) =>
    registry.registration({ agent_id, metadata: { fleet: many.name } }),
  )
  await registerMany(registry.baseUrl, registrations)
  expect(await many.list()).toHaveLength(1001)
  const pages = await pagesOf(many.query('sort=registered_at'))
  expect(pages.map(({ length }) => length)).toEqual([1000, 1])
  expect(new Set(pages.flat().map(({ agent_id }) => agent_id)).size).toBe(1001)
  await deregisterMany(registry.baseUrl, ids)
})

describe.each(AGENT_SORTS.map((sort) => [sort]))('while a list by %s is being read', (sort) => {
  test('in pages, every unchanged agent appears exactly once', async () => {
    const churn = new AgentFleet(registry, 'churn')
    const staying = Array.from({ length: 12 }, (_, index) => `${10 + index}-stays`)
    const changing = Array.from({ length: 12 }, (_, index) => `${10 + index}-moves`)
    for (const [index, label] of [...staying, ...changing].entries()) {
      await churn.register(label, { load: (index % 4) / 4 })
    }
    let round = 0
    const between = async () => {
      const label = changing[round++ % changing.length] ?? ''
      // Some of them are the last of the page just read: where the next one begins.
      if (round % 3 === 0) await churn.deregister(label)
      else await churn.register(label, { load: (round % 7) / 7, version: `${round}` })
      await churn.register(`${9 + round}-new`, { load: 0.5 })
      await churn.report(`${9 + round}-new`, { load: (round % 5) / 5 })
    }
    const path = `/agents?${churn.query(`sort=${sort}&limit=2`)}`
    const pages = await followLinks(registry, path, {
      // An endless flow of new agents would make a list by -registered_at endless.
      between: async () => (round < 20 ? await between() : undefined),
    })
    const seen = pages.flatMap((page) => churn.labels(agentsIn(page)))
    expect(seen.filter((label) => label.endsWith('stays')).toSorted()).toEqual(staying)
  })
})

test('a page continues after an agent that was removed', async () => {
  const first = await registry.get(`/agents?${fleet.query('limit=3')}`)
  const [, , last] = fleet.labels(agentsIn(first))
  await fleet.deregister(String(last))
  const next = await registry.get(String(linkTo('next', first)))
  expect(fleet.labels(agentsIn(next))).toEqual(LABELS.toSorted().slice(3, 6))
})
