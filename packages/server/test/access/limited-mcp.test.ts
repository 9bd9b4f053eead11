// MCP, used with a token that sees the agents of one team.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../../test/http/mcp/support/mcp-clients.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { TENANTS, type TenantRegistry, tenantRegistry } from './support/tenant-registry.ts'

let registry: TenantRegistry
beforeAll(async () => {
  registry = await tenantRegistry('memory')
})
afterAll(() => registry[Symbol.asyncDispose]())

const CARD = { text: '{"name":"Another one"}', format: 'other' }

const connected = (token: string) => connect(registry.url, 'of 2026', token)

describe('an agent of another team is as one that does not exist', () => {
  test.each(['get_agent', 'get_agent_card', 'recent_changes'])('to %s', async (name) => {
    await using session = await connected(TENANTS.readerOfA)
    const ask = async (id: string) => {
      const { content, structuredContent, isError } = await session.client.callTool({
        name,
        arguments: { agent_id: id },
      })
      return JSON.stringify({ content, structuredContent, isError }).replaceAll(id, 'ID')
    }
    expect(await ask('team-b:web')).toBe(await ask('team-b:xyz'))
  })

  test.each(['', '/card'])('as a resource%s', async (suffix) => {
    await using session = await connected(TENANTS.readerOfA)
    const read = async (id: string) => {
      const uri = `rollcall://agents/${id}${suffix}`
      const error = await session.client.readResource({ uri }).catch((failure: Error) => failure)
      // Of a resource that is not found; not of a failure.
      expect(error).toMatchObject({ code: -32602 })
      return String(error).replaceAll(id, 'ID')
    }
    expect(await read('team-b:web')).toBe(await read('team-b:xyz'))
  })

  test('to a search for it', async () => {
    await using session = await connected(TENANTS.readerOfA)
    const { structuredContent } = await session.client.callTool({
      name: 'find_agents',
      arguments: { q: 'team-b' },
    })
    expect(structuredContent).toMatchObject({ agents: [] })
  })
})

test('a caller is not notified of agents that it does not see', async () => {
  await using limited = await connected(TENANTS.readerOfA)
  await using other = await connected(TENANTS.reader)
  const uris = ['rollcall://agents', 'rollcall://agents/team-b:web', 'rollcall://agents/team-a:web']
  const filter = { resourceSubscriptions: uris, resourcesListChanged: true }
  for (const { client } of [limited, other]) await client.listen(filter)
  await registry.repository.setCard('team-b:web', CARD)
  await registry.add('team-b:late')
  await eventually(() => other.notifications.toSorted()).toEqual([
    'list_changed',
    ...uris.slice(0, 2),
  ])
  await registry.repository.setCard('team-a:web', CARD)
  await eventually(() => limited.notifications).toContain(uris[2])
  expect(limited.notifications.toSorted()).toEqual([uris[0], uris[2]])
})
