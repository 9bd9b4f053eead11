/**
 * A client of MCP that needs no language model: it asks the registry at `/mcp` for an agent that can do a task now, as a
 * model would, and calls the agent.
 *
 * Settings come from the environment: REGISTRY_URL, CAPABILITY.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { AgentRegistryClient } from '@rollcall/client'

const isCheck = process.argv.includes('--check')
const registryUrl = (process.env.REGISTRY_URL ?? 'http://localhost:9000').replace(/\/+$/, '')
const capability = process.env.CAPABILITY ?? (isCheck ? `count-words-${process.pid}` : 'word-count')

/** What the registry says of an agent. */
interface Picked {
  readonly agent_id: string
  readonly url: string
}

/** Calls a tool of the registry, and returns its result as a value. */
async function call(client: Client, name: string, input: object): Promise<object> {
  const { structuredContent, isError, content } = await client.callTool({
    name,
    arguments: { ...input },
  })
  if (isError || !structuredContent) throw new Error(JSON.stringify(content))
  return structuredContent
}

/** Picks an agent that takes work now, and gives it a text. */
async function delegate(client: Client, task: string): Promise<string> {
  // The result is an error if no agent takes work now.
  const { agent } = (await call(client, 'pick_agent', { capability: [capability] })) as {
    agent: Picked
  }
  const response = await fetch(agent.url, { method: 'POST', body: task })
  return `${agent.agent_id} says: ${await response.text()}`
}

async function run(task: string): Promise<string> {
  const client = new Client({ name: 'mcp-client', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${registryUrl}/mcp`)))
  try {
    return await delegate(client, task)
  } finally {
    await client.close()
  }
}

/** Implements `--check`: two agents, one of which takes no work, and a task. */
async function check(): Promise<void> {
  const server = createServer(async (request, response) => {
    response.end(String((await text(request)).split(/\s+/).length))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const agentId = `counter-${process.pid}`
  const options = { host: '127.0.0.1', port: address.port, joinTimeoutMs: 2000 }
  const capabilities = [capability]
  const ready = { ...options, capabilities, agentName: 'Counter', agentId }
  const away = { ...options, capabilities, agentName: 'Away', agentId: `${agentId}-away` }
  const agents = await Promise.all([
    AgentRegistryClient.join(ready),
    AgentRegistryClient.join({ ...away, status: 'draining' }),
  ])
  try {
    assert.equal(await run('three small words'), `${agentId} says: 3`)
  } finally {
    await Promise.all(agents.map((agent) => agent.close()))
    server.close()
    server.closeAllConnections()
  }
}

try {
  if (isCheck) {
    await check()
    console.log('ok: picked the agent that takes work through /mcp, and called it')
  } else {
    console.log(await run(process.argv[2] ?? 'Count the words of this text.'))
  }
} catch (error) {
  const { message, cause } = error as Error
  console.error(`failed: ${[message, (cause as Error | undefined)?.message].join(' ')}`)
  process.exit(1)
}
