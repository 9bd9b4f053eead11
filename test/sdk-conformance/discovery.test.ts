import { expect } from 'vitest'
import { wireAgent } from '../../packages/client/test/support/wire-agents.ts'
import { conformance } from './support/conformance.ts'
import { GET, HISTORY, halfBody, json, LIST, problem } from './support/scripted-registry.ts'

conformance('discovery', (rule) => {
  rule('a query names all conditions', async ({ registry, start }) => {
    registry.script(LIST, json([wireAgent('a-1'), wireAgent('a-2')]))
    const found = await start().do('list', {
      agent_id: ['team-a:*', 'b'],
      name: 'Res*',
      capability: ['search', 'plan'],
      status: 'ready',
      protocol: 'a2a',
      metadata: { region: 'eu-1', gpu: true },
      q: 'two words',
      include_dead: true,
      sort: '-load',
      limit: 3,
    })

    const query = new URLSearchParams(registry.exchanges[0]?.path.split('?')[1])
    expect([...query].sort()).toEqual([
      ['agent_id', 'b'],
      ['agent_id', 'team-a:*'],
      ['capability', 'plan'],
      ['capability', 'search'],
      ['include_dead', 'true'],
      ['limit', '3'],
      ['metadata.gpu', 'true'],
      ['metadata.region', 'eu-1'],
      ['name', 'Res*'],
      ['protocol', 'a2a'],
      ['q', 'two words'],
      ['sort', '-load'],
      ['status', 'ready'],
    ])
    expect(found).toEqual(['a-1', 'a-2'])
  })

  rule('pages follow the links of the registry', async ({ registry, start }) => {
    const link = '<http://elsewhere/prefix/agents?limit=1000&cursor=c%2B1>; rel="next"'
    registry.script(LIST, json([wireAgent('a-1')], { link }), json([wireAgent('a-2')]))

    expect(await start().do('pages', {})).toEqual([['a-1'], ['a-2']])
    expect(registry.of(LIST).map(({ path }) => path)).toEqual([
      '/agents?limit=1000',
      '/agents?limit=1000&cursor=c%2B1',
    ])
  })

  rule('a page that comes again ends in an error', async ({ registry, start }) => {
    const link = '</agents?cursor=same>; rel="next"'
    registry.scriptAll(LIST, json([], { link }))

    expect(await start().failure('pages', {})).toMatchObject({ kind: 'network' })
  })

  rule('an agent of an older registry has what a current one would say', async (stage) => {
    const { registry, start } = stage
    const old = { agent_id: 'a:1', host: '::1', port: 80, last_heartbeat: '2026-01-01 00:00:00' }
    registry.script(GET, json(old))

    const sdk = start({ TZ: 'Asia/Tokyo' })
    expect(await sdk.do('get', { agent_id: 'a:1' })).toEqual({
      agent_id: 'a:1',
      agent_name: 'a:1',
      url: 'http://[::1]:80',
      status: 'expired',
      ttl_seconds: 60,
      last_heartbeat: Date.UTC(2026, 0, 1),
      is_alive: false,
    })
    expect(registry.exchanges[0]?.path).toBe('/agents/a%3A1')
  })

  rule('an unknown agent is no error', async ({ registry, start }) => {
    registry.scriptAll(GET, problem(404, 'AGENT_NOT_FOUND'))
    registry.scriptAll(HISTORY, problem(404, 'AGENT_NOT_FOUND'))
    const sdk = start()

    expect(await sdk.do('get', { agent_id: 'a-1' })).toBeNull()
    expect(await sdk.do('history', { agent_id: 'a-1' })).toBeNull()
  })

  rule('a call is one attempt, and half a body is an error', async ({ registry, start }) => {
    registry.script(LIST, halfBody)

    expect(await start().failure('list', {})).toMatchObject({ kind: 'network' })
    expect(registry.exchanges).toHaveLength(1)
  })

  rule('an id that would change the path is rejected', async ({ registry, start }) => {
    expect(await start().failure('get', { agent_id: '..' })).toMatchObject({ kind: 'usage' })
    expect(registry.exchanges).toEqual([])
  })
})
