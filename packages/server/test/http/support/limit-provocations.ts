import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { rawExchange } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'
import { tokenFile } from '../../access/support/token-file-on-disk.ts'

/** The response to a caller that has sent the same request just before. */
export async function rateLimitedResponseTo(request: string): Promise<RawResponse> {
  await using server = new AgentRegistryServer('memory:', {
    rateLimit: 0.001,
    heartbeatRateLimit: 0.001,
    limitLocal: true,
  })
  const url = await server.listen({ port: 0 })
  await rawExchange(url, request)
  return await rawExchange(url, request)
}

/** The response to a caller that has the stream open that it may have. */
export async function responseToSecondStream(): Promise<RawResponse> {
  await using server = new AgentRegistryServer('memory:', {
    maxStreamsPerCaller: 1,
    limitLocal: true,
  })
  const url = await server.listen({ port: 0 })
  const stream = 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n'
  const leave = new AbortController()
  await fetch(`${url}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: leave.signal,
  })
  try {
    return await rawExchange(url, stream)
  } finally {
    leave.abort()
  }
}

/** The response of a registry that has as many agents as it may have. */
export async function responseOfFullRegistry(request: string): Promise<RawResponse> {
  await using server = new AgentRegistryServer('memory:', { maxAgents: 1 })
  const url = await server.listen({ port: 0 })
  const other = { agent_id: 'other', agent_name: 'Other', host: '10.0.0.8', port: 8000 }
  await fetch(`${url}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(other),
  })
  return await rawExchange(url, request)
}

/** The response to a principal that owns as many agents as it may own. */
export async function responseBeyondQuota(request: string): Promise<RawResponse> {
  await using file = await tokenFile('ci agent * registers-the-agents-that-ci-starts')
  await using repository = new MemoryAgentRegistryRepository()
  const options = { repository, tokenFile: file.path, maxAgentsPerCaller: 1 }
  await using server = new AgentRegistryServer('memory:', options)
  await repository.add(
    { agentId: 'other', agentName: 'Other', host: '10.0.0.8', port: 8000 },
    { kind: 'token', name: 'ci', scope: 'agent' },
  )
  const header = 'Host: x\r\nAuthorization: Bearer registers-the-agents-that-ci-starts'
  return await rawExchange(await server.listen({ port: 0 }), request.replace('Host: x', header))
}

/** The response of a registry that has as many webhooks as it may have. */
export async function responseBeyondMaxWebhooks(request: string): Promise<RawResponse> {
  await using server = new AgentRegistryServer('memory:', { maxWebhooks: 1 })
  const url = await server.listen({ port: 0 })
  await rawExchange(url, request)
  return await rawExchange(url, request)
}
