// The client of the MCP SDK, in each of its modes, with a registry.
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { useRegistry } from '../support/registry-under-test.ts'
import { connect, MODES, type Mode } from './support/mcp-clients.ts'

const registry = useRegistry()

describe.each(Object.keys(MODES) as Mode[])('a client %s', (mode) => {
  test('lists the tools, which only read, in a fixed order', async () => {
    await using session = await connect(registry.baseUrl, mode)
    const { tools } = await session.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'find_agents',
      'pick_agent',
      'get_agent',
      'get_agent_card',
      'list_capabilities',
      'recent_changes',
    ])
    for (const { annotations, title, outputSchema } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false })
      expect([title, outputSchema]).not.toContain(undefined)
    }
    // Strict validators of clients reject keywords that JSON Schema does not have.
    expect(JSON.stringify(tools)).not.toContain('patternErrorMessage')
  })

  test('finds an agent, with the same as text and as a value', async () => {
    const { agent_id: id } = await registry.register({ capabilities: [`mode ${mode}`] })
    await using session = await connect(registry.baseUrl, mode)
    const found = await session.client.callTool({
      name: 'find_agents',
      arguments: { capability: [`mode ${mode}`] },
    })
    expect(found.structuredContent).toMatchObject({ agents: [{ agent_id: id, status: 'ready' }] })
    const [content] = found.content
    const text = content?.type === 'text' ? content.text : ''
    expect(JSON.parse(text)).toEqual(found.structuredContent)
  })

  test('reads an agent as a resource', async () => {
    const { agent_id: id } = await registry.register()
    await using session = await connect(registry.baseUrl, mode)
    const uri = `rollcall://agents/${id}`
    const { contents } = await session.client.readResource({ uri })
    const [content] = contents
    expect(content).toMatchObject({ uri, mimeType: 'application/json' })
    expect(JSON.parse(String(content && 'text' in content && content.text))).toMatchObject({
      agent_id: id,
      is_alive: true,
    })
  })

  test('gets the prompt, with its task', async () => {
    await using session = await connect(registry.baseUrl, mode)
    const { messages } = await session.client.getPrompt({
      name: 'delegate_task',
      arguments: { task: 'summarize the news' },
    })
    expect(JSON.stringify(messages)).toContain('summarize the news')
  })
})

test('a client of 2026 is notified of a transition, and of no heartbeat', async () => {
  const [{ agent_id: idle }, { agent_id: changing }] = [
    await registry.register(),
    await registry.register(),
  ]
  await using session = await connect(registry.baseUrl)
  const uris = [idle, changing].map((id) => `rollcall://agents/${id}`)
  await session.client.listen({ resourceSubscriptions: uris })
  await registry.post(`/agents/${idle}/heartbeat`)
  await registry.post(`/agents/${idle}/heartbeat`, { json: { load: 0.5 } })
  await registry.post('/agents/heartbeats', { json: { agent_ids: [idle] } })
  await registry.post(`/agents/${changing}/heartbeat`, { json: { status: 'busy' } })
  await eventually(() => session.notifications).toEqual(uris.slice(1))
})
