/**
 * An A2A agent that says everything back. It registers by its card alone: name, address, skills and version are in it.
 *
 * Settings come from the environment: REGISTRY_URL, AGENT_ID, AGENT_HOST, AGENT_PORT, AGENT_TTL_SECONDS.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { AgentCard, Role, SendMessageRequest } from '@a2a-js/sdk'
import { ClientFactory } from '@a2a-js/sdk/client'
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
} from '@a2a-js/sdk/server'
import { AgentRegistryClient } from '@rollcall/client'
import { closeOnSignals } from '@rollcall/client/node'

const isCheck = process.argv.includes('--check')
const agentId = process.env.AGENT_ID ?? (isCheck ? `echo-check-${process.pid}` : 'echo-1')
const host = process.env.AGENT_HOST ?? '127.0.0.1'

const cardAt = (url: string) => ({
  name: 'Echo',
  description: 'Says everything back.',
  version: '1.0.0',
  supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  capabilities: { streaming: false },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [
    { id: 'echo', name: 'Echo', description: 'Says a text back.', tags: ['text', 'example'] },
  ],
})

/** What the agent can do, in the terms of the A2A SDK. */
const echo: AgentExecutor = {
  async execute({ userMessage, contextId }, bus) {
    const messageId = crypto.randomUUID()
    bus.publish(AgentEvent.message({ ...userMessage, messageId, contextId, role: Role.ROLE_AGENT }))
    bus.finished()
  },
  async cancelTask() {},
}

const server = createServer()
let agent: AgentRegistryClient | undefined

async function start(port: number): Promise<AgentRegistryClient> {
  // Listen first, then join, so that every listed agent accepts calls.
  await once(server.listen(port, host), 'listening')
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const card = cardAt(`http://${host}:${address.port}/`)
  const handler = new DefaultRequestHandler(AgentCard.fromJSON(card), new InMemoryTaskStore(), echo)
  const rpc = new JsonRpcTransportHandler(handler)
  server.on('request', async (request, response) => {
    const context = new ServerCallContext({ requestedVersion: '1.0' })
    try {
      const result = await rpc.handle(await text(request), context)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(result))
    } catch {
      response.destroy() // the client disconnected before the end of its request
    }
  })

  // From here on, the client sends heartbeats, and registers again if the registry lost the agent.
  agent = await AgentRegistryClient.joinFromCard(card, {
    agentId,
    ttlSeconds: Number(process.env.AGENT_TTL_SECONDS ?? 60),
    joinTimeoutMs: isCheck ? 2000 : undefined,
  })
  return agent
}

/** Deregisters first, so that no new work arrives, then completes the requests in flight. */
async function stop(): Promise<void> {
  await agent?.close()
  await server[Symbol.asyncDispose]()
}

/** Implements `--check`: finds the agent by its skill, and sends it a message with the A2A SDK. */
async function check(): Promise<void> {
  const self = await start(0)
  const [found] = await self.list({ capability: 'echo', protocol: 'a2a', agentId })
  assert.equal(found?.agentName, 'Echo', 'after joining, the registry does not list the agent')
  assert.deepEqual(await self.card(agentId), cardAt(found.url))
  // The agent in the registry is a base URL for every client of A2A; with the slash at its end.
  const client = await new ClientFactory().createFromUrl(`${self.registryUrl}/agents/${agentId}/`)
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hello' }] }
  const reply = await client.sendMessage(SendMessageRequest.fromJSON({ message }))
  assert('messageId' in reply, 'the agent answers with a task instead of a message')
  assert.equal(reply.role, Role.ROLE_AGENT)
  assert.deepEqual(reply.parts[0]?.content, { $case: 'text', value: 'hello' })
  await stop()
  console.log('ok: joined by its card, was found by its skill, answered a message, left')
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
