/**
 * An MCP server with one tool, which registers itself by its server card. Clients of MCP that read the MCP Registry API,
 * such as editors, find it for as long as it lives.
 *
 * Settings come from the environment: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { AgentRegistryClient } from '@rollcall/client'
import { closeOnSignals } from '@rollcall/client/node'

const isCheck = process.argv.includes('--check')
const agentId = process.env.AGENT_ID ?? (isCheck ? `words-mcp-${process.pid}` : 'words-mcp-1')
const host = process.env.AGENT_HOST ?? '127.0.0.1'

/** How clients of MCP know the server. All servers of one name and version are replicas of each other. */
const name = `example.words/${agentId}`
const cardAt = (url: string) => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json',
  name,
  title: 'Word counter',
  description: 'Counts the words of a text.',
  version: '1.0.0',
  remotes: [{ type: 'streamable-http', url }],
})

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name, version: '1.0.0' })
  const inputSchema = fromJsonSchema<{ text: string }>({
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
  })
  const description = 'Counts the words of a text.'
  server.registerTool('count_words', { description, inputSchema }, async (input) => {
    const words = input.text.split(/\s+/).filter(Boolean).length
    return { content: [{ type: 'text', text: String(words) }] }
  })
  return server
})

/** Passes a request of Node to the SDK, which knows those of the web. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.entries(request.headers).map(([key, value]) => [key, String(value)])
  const { method = 'GET' } = request
  const body = method === 'POST' ? await text(request) : null
  const sent = new Request('http://localhost/mcp', {
    method,
    headers: Object.fromEntries(headers),
    body,
  })
  const { status, headers: own, body: stream } = await mcp.fetch(sent)
  response.writeHead(status, Object.fromEntries(own))
  for await (const chunk of stream ?? []) response.write(chunk)
  response.end()
}

const server = createServer((request, response) => {
  // The client disconnected before the end of its request or its response.
  answer(request, response).catch(() => response.destroy())
})
let agent: AgentRegistryClient | undefined

async function start(port: number): Promise<AgentRegistryClient> {
  // Listen first, then join, so that every listed server accepts calls.
  await once(server.listen(port, host), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  // From here on, the client sends heartbeats, and registers again if the registry lost the server.
  agent = await AgentRegistryClient.joinFromCard(cardAt(`http://${host}:${address.port}/mcp`), {
    agentId,
    ttlSeconds: Number(process.env.AGENT_TTL_SECONDS ?? 60),
    joinTimeoutMs: isCheck ? 2000 : undefined,
  })
  return agent
}

/** Deregisters first, so that no new work arrives. */
async function stop(): Promise<void> {
  await agent?.close()
  await mcp.close()
  server.closeAllConnections()
  await server[Symbol.asyncDispose]()
}

/** The newest version of the server, as an editor reads it from the MCP Registry API. */
async function readRegistry(registryUrl: string): Promise<Response> {
  const path = `/v0.1/servers/${encodeURIComponent(name)}/versions/latest`
  return fetch(registryUrl + path)
}

/** Implements `--check`: finds the server as an editor does, and calls its tool. */
async function check(): Promise<void> {
  const { registryUrl } = await start(0)
  const listed = await fetch(`${registryUrl}/v0.1/servers?search=${encodeURIComponent(name)}`)
  const { servers } = (await listed.json()) as { servers: { server: { name: string } }[] }
  assert.deepEqual(
    servers.map((each) => each.server.name),
    [name],
  )
  const found = (await (await readRegistry(registryUrl)).json()) as {
    server: { remotes: { url: string }[] }
  }
  const [remote] = found.server.remotes
  assert(remote, 'the registry does not say where the server is')
  const client = new Client({ name: 'check', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(remote.url)))
  const result = await client.callTool({
    name: 'count_words',
    arguments: { text: 'three small words' },
  })
  assert.deepEqual(result.content, [{ type: 'text', text: '3' }])
  await client.close()
  await stop()
  assert.equal((await readRegistry(registryUrl)).status, 404, 'it left, and is still listed')
  console.log('ok: joined by its server card, was found as an editor does, counted words, left')
}

if (isCheck) {
  await check().catch((error) => {
    console.error(`failed: ${error.message}`)
    process.exit(1)
  })
} else {
  const { registryUrl } = await start(Number(process.env.AGENT_PORT ?? 8000))
  closeOnSignals({ close: stop })
  console.log(`${agentId} has joined ${registryUrl}; Ctrl-C to leave`)
}
