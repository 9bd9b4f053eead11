// Every operation that shows agents, called by a token that sees some of them, on every store.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operationPath } from '../../../../test/http/support/operation-path.ts'
import { OPERATIONS } from '../../src/operations/operations.ts'
import { AGENT_READS, type Ask } from './support/agent-reads.ts'
import {
  TENANT_STORES,
  TENANTS,
  type TenantRegistry,
  tenantRegistry,
} from './support/tenant-registry.ts'

/** What belongs to agents of others, and is in no example of the documentation. */
const OF_OTHERS =
  /(?:team-b|misc)(?:-ci|-2|\.internal|[:.](?:web|db|gone|one|\*))|of-(?:team-b|misc)/

describe.each(TENANT_STORES)('%s', (store) => {
  let registry: TenantRegistry
  beforeAll(async () => {
    registry = await tenantRegistry(store)
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  const asking = (token: string): Ask => {
    return async (path, sentJson) => {
      const method = sentJson === undefined ? 'GET' : 'POST'
      const response = await registry.send(method, path, { token, json: sentJson })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      const isLimited = token !== TENANTS.reader
      const sent = JSON.stringify([...response.headers]) + text
      if (isLimited) expect(sent, 'names another team').not.toContain('team-b')
      const [, link] = /<(\?[^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? []
      const next = link && path.split('?', 1)[0] + link
      return { json: JSON.parse(text), next }
    }
  }

  describe.each(Object.entries(AGENT_READS))('%s', (_operationId, { read, limited, all }) => {
    test.each(['readerOfA', 'agentsOfA'] as const)(
      'shows %s the agents of its team',
      async (who) => {
        expect(await read(asking(TENANTS[who]))).toEqual(limited)
      },
    )

    test('shows all agents to a token that is not limited', async () => {
      expect(await read(asking(TENANTS.reader))).toEqual(all)
    })
  })

  test.each(Object.entries(OPERATIONS))(
    '%s tells no caller of team a about the others, whatever it says that it shows',
    async (_, { method, path }) => {
      for (const token of [TENANTS.readerOfA, TENANTS.agentsOfA]) {
        const url = operationPath(path, 'team-b:web', '0123456789ab')
        const response = await registry.send(method, url, { token })
        const sent = JSON.stringify([...response.headers]) + (await response.text())
        const known = sent.replaceAll('team-b:web', 'ID').replaceAll('team-b.web', 'ID')
        expect(known).not.toMatch(OF_OTHERS)
      }
    },
  )

  /** Everything that a response says, apart from the agent of the request and the time. */
  async function answerFor(
    agentId: string,
    options: { method: string; path: string; json?: object },
  ) {
    const { method, json } = options
    const path = options.path.replace('{agent_id}', agentId)
    const headers = { 'x-request-id': 'same' }
    const token = TENANTS.agentsOfA
    const body = json && JSON.parse(JSON.stringify(json).replace('{agent_id}', agentId))
    const response = await registry.send(method, path, { token, headers, json: body })
    const sent = [...response.headers].filter(([name]) => name !== 'date')
    return {
      status: response.status,
      sent,
      text: (await response.text()).replaceAll(agentId, 'ID'),
    }
  }

  const ABOUT_ONE_AGENT = Object.entries(OPERATIONS).filter(
    ([, { path, shows }]) => path.includes('{agent_id}') && shows === 'agents',
  )

  test.each(ABOUT_ONE_AGENT)(
    '%s finds no agent of another team, as if it did not exist',
    async (_, operation) => {
      for (const method of ['GET', 'HEAD']) {
        const unknown = await answerFor('team-b:xyz', { ...operation, method })
        expect(unknown.status).toBe(404)
        expect(await answerFor('team-b:web', { ...operation, method })).toEqual(unknown)
      }
      expect(await answerFor('team-b:gone', operation)).toEqual(
        await answerFor('team-b:none', operation),
      )
    },
  )

  const REGISTRATION = { agent_id: '{agent_id}', agent_name: 'A', host: 'h', port: 1 }
  test.each([
    { method: 'POST', path: '/agents/{agent_id}/heartbeat', status: 403 },
    { method: 'POST', path: '/agents/{agent_id}/heartbeat', json: { load: 1 }, status: 403 },
    { method: 'DELETE', path: '/agents/{agent_id}', status: 403 },
    { method: 'POST', path: '/agents/register', json: REGISTRATION, status: 403 },
    {
      method: 'POST',
      path: '/agents/heartbeats',
      json: { agent_ids: ['{agent_id}'] },
      status: 200,
    },
  ])('$method $path does not tell whether an agent of another team exists: %#', async (request) => {
    const unknown = await answerFor('team-b:xyz', request)
    expect(unknown.status).toBe(request.status)
    expect(await answerFor('team-b:web', request)).toEqual(unknown)
  })
})
