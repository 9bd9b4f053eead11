import { type ErrorCode, LIMITS } from '@rollcall/protocol'
import {
  AgentRegistryServer,
  type AgentRegistryServerOptions,
  MemoryAgentRegistryRepository,
  OPERATIONS,
  type Operation,
  type OperationId,
  RegistryError,
} from '@rollcall/server'
import { rawExchange } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'
import { encodeCursor } from '../../../src/http/lists/cursor.ts'
import { EXAMPLE_INSTANCE_ID } from '../../../src/http/openapi/example-agent.ts'
import { LOST_STORE } from '../../../src/http/openapi/problem-examples.ts'
import { EXAMPLE_WEBHOOK_ID } from '../../../src/http/openapi/webhook-examples.ts'
import { asStranger, withoutProvider } from '../../access/support/jwt-callers.ts'
import { storeWithoutTokens } from '../../access/support/store-without-tokens.ts'
import { tokenFile } from '../../access/support/token-file-on-disk.ts'
import { FailingRepository } from '../../http/support/failing-repository.ts'
import {
  rateLimitedResponseTo,
  responseBeyondMaxWebhooks,
  responseBeyondQuota,
  responseOfFullRegistry,
  responseToSecondStream,
} from '../../http/support/limit-provocations.ts'
import { requestWhileClosing } from '../../http/support/request-while-closing.ts'
import { slowRequest } from '../../http/support/slow-request.ts'

const AGENT_ID = 'researcher-1'
const REGISTRATION = { agent_id: AGENT_ID, agent_name: 'Researcher', host: '10.0.0.7', port: 8000 }

/** Nothing is sent to it. */
const WEBHOOK = { url: 'https://hooks.example/rollcall', enabled: false }

/** Valid bodies of the operations. */
const BODIES: Readonly<Partial<Record<OperationId, object>>> = {
  registerAgent: REGISTRATION,
  heartbeats: { agent_ids: [AGENT_ID] },
  setCard: { name: 'Researcher', url: 'http://10.0.0.7:8000' },
  setMaintenance: { reason: 'replacing the disk' },
  createToken: { name: 'alice', scope: 'admin' },
  createWebhook: WEBHOOK,
  changeWebhook: { enabled: false },
  mcp: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'find_agents' } },
  ardSearch: { query: { text: 'papers' } },
}

/** The invalid bodies and queries of the examples. */
const INVALID_INPUTS: Readonly<Partial<Record<OperationId, object | string>>> = {
  registerAgent: { ...REGISTRATION, port: '8000' },
  heartbeat: { status: 'asleep' },
  heartbeats: { agent_ids: AGENT_ID },
  setCard: { name: 5, url: 'http://10.0.0.7:8000' },
  setMaintenance: { reason: '' },
  createToken: { name: 'the CI', scope: 'agent' },
  listAgents: '?limit=0',
  listCapabilities: '?limit=0',
  listEvents: '?limit=5000',
  agentEvents: '?before=0',
  prometheusTargets: '?include_dead=maybe',
  mcp: { jsonrpc: '2.0', id: 1, method: 5 },
  createWebhook: { ...WEBHOOK, url: 'ftp://hooks.example' },
  changeWebhook: { enabled: 'no' },
  ardManifest: '?cursor=',
  aiCatalog: '?cursor=',
  ardSearch: { query: { text: '' } },
  ardEntries: '?pageSize=0',
  mcpServers: '?limit=0',
  mcpServerVersions: '?include_deleted=maybe',
  mcpServerVersion: '?include_deleted=maybe',
}

/** Provokes an error of an operation on a real registry, and returns the response. */
export function provoke(operationId: OperationId, code: ErrorCode): Promise<RawResponse> {
  const { method, path, body }: Operation = OPERATIONS[operationId]
  // Identifiers have a publisher, which is in the examples, and names of servers a namespace.
  const withId = (id: string, hexId = id) =>
    path
      .replace('{agent_id}', id)
      .replace(/\{(?:token|webhook)_id\}/, hexId)
      .replace('{identifier}', id === AGENT_ID ? `urn:air:example.com:agent:${id}` : id)
      .replace('{server_name}', id === AGENT_ID ? `localhost.rollcall%2F${id}` : id)
      .replace('{version}', 'latest')
  const isOfWebhook = path.includes('{webhook_id}')
  const url = withId(AGENT_ID, isOfWebhook ? EXAMPLE_WEBHOOK_ID : '3f9c1a7be204')
  const send = (text: string, at = url, type = 'application/json') =>
    `${method} ${at} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n` +
    `Content-Length: ${text.length}\r\n\r\n${text}`
  const valid = send(JSON.stringify(BODIES[operationId] ?? '').replace(/^""$/, ''))
  switch (code) {
    case 'UNAUTHENTICATED':
      return responseTo(valid, 'memory:', { anonymous: 'none' })
    case 'FORBIDDEN':
      return OPERATIONS[operationId].scope === 'read'
        ? asStranger(valid, ({ request, options }) => responseTo(request, 'memory:', options))
        : responseToReader(valid)
    case 'IDENTITY_UNAVAILABLE':
      return withoutProvider(valid, ({ request, options }) =>
        responseTo(request, 'memory:', options),
      )
    case 'AGENT_OWNED':
      return responseToAnotherOwner(valid)
    case 'MALFORMED_REQUEST':
      return responseTo('this is not HTTP\r\n\r\n')
    case 'REQUEST_TIMEOUT':
      return slowRequest(`${method} ${url} HTTP/1.1\r\nHost: x\r\nX-Slow:`)
    case 'HEADERS_TOO_LARGE':
      return responseTo(valid.replace('Host: x', `Host: x\r\nX: ${'x'.repeat(20_000)}`))
    case 'URI_TOO_LONG':
      return responseTo(send('', withId('x'.repeat(2000))))
    case 'MALFORMED_JSON':
      return responseTo(send('{"agent_id":'))
    case 'PAYLOAD_TOO_LARGE':
      return responseTo(send(' '.repeat((body?.maxBytes ?? LIMITS.bodyBytes) + 1)))
    case 'UNSUPPORTED_MEDIA_TYPE':
      return responseTo(send('hello', url, 'text/plain'))
    case 'UNSUPPORTED_CONTENT_ENCODING':
      return responseTo(send('{}').replace('\r\n', '\r\nContent-Encoding: gzip\r\n'))
    case 'INVALID_CURSOR':
      return responseTo(send('', `${url}?cursor=abc`))
    case 'REVISION_GONE':
      if (operationId !== 'listEvents') {
        const name = operationId === 'ardEntries' ? 'pageToken' : 'cursor'
        return responseTo(send('', `${url}?${name}=${foreignCursor(operationId)}`))
      }
      return responseTo(send('', `${url}?since=1`), 'memory:', { historyLimit: 1 })
    case 'ENTRY_NOT_FOUND':
      return operationId === 'agentServerCard' ? responseAboutAgent(valid) : responseTo(valid)
    case 'INVALID_ARGUMENT':
    case 'VALIDATION_FAILED':
      return responseTo(invalidRequest())
    case 'INTERNAL_ERROR':
      return responseWithFailure(new Error('a bug in a store'), valid)
    case 'OVERLOADED':
      return responseWithFailure(new RegistryError(code, 'The registry is overloaded.'), valid)
    case 'RATE_LIMITED':
      return rateLimitedResponseTo(valid)
    case 'QUOTA_EXCEEDED':
      if (operationId === 'createWebhook') return responseBeyondMaxWebhooks(valid)
      return operationId === 'registerAgent' ? responseBeyondQuota(valid) : responseToSecondStream()
    case 'REGISTRY_FULL':
      return responseOfFullRegistry(valid)
    case 'TOKENS_UNSUPPORTED':
    case 'WEBHOOKS_UNSUPPORTED':
      return responseWithoutTokens(valid)
    case 'STORAGE_UNAVAILABLE': {
      const isLost = operationId === 'healthLive'
      const reason = isLost ? LOST_STORE : 'the store failed: database or disk is full'
      return responseWithFailure(new RegistryError(code, reason), valid, { isLost })
    }
    case 'CROSS_ORIGIN':
      return responseTo(valid.replace('Host: x', 'Host: localhost\r\nOrigin: https://page.example'))
    case 'HOST_NOT_ALLOWED':
      return responseTo(valid.replace('Host: x', 'Host: page.example'))
    case 'CARD_NOT_FOUND':
      return responseAboutAgent(valid)
    case 'SUPERSEDED':
      return responseAboutAgent(valid.replace('Host: x', 'Host: x\r\nRollcall-Instance: b'))
    case 'PRECONDITION_FAILED':
      return responseAboutAgent(valid.replace('Host: x', 'Host: x\r\nIf-Match: "42"'))
    case 'OUTCOME_UNKNOWN':
      return responseWithFailure(
        new RegistryError(code, 'the database does not respond: the change may have been made'),
        valid,
      )
    case 'SHUTTING_DOWN':
      return operationId === 'healthReady'
        ? requestWhileClosing(valid)
        : responseWithFailure(new RegistryError('CLOSED', 'the registry is closed'), valid)
    default:
      return responseTo(valid)
  }

  function invalidRequest(): string {
    const input = INVALID_INPUTS[operationId]
    if (typeof input === 'object') return send(JSON.stringify(input))
    return send('', input ? url + input : withId('researcher%201'))
  }
}

/** A cursor of another registry. */
const foreignCursor = (operationId: OperationId) =>
  encodeCursor({ key: null, agentId: 'a' }, FILTERS[operationId] ?? {}, {
    epoch: 'another',
    revision: 0,
  })
/** The filters of lists without conditions. */
const FILTERS: Readonly<Partial<Record<OperationId, object>>> = {
  listAgents: { metadata: [] },
  ardEntries: { includeDead: false },
}

async function responseTo(
  request: string,
  db = 'memory:',
  options: AgentRegistryServerOptions = {},
) {
  await using server = new AgentRegistryServer(db, options)
  const url = await server.listen({ port: 0 })
  // Create some history, so that a part of it is no longer kept.
  if (options.historyLimit !== undefined) {
    for (const agent_id of ['a', 'b', 'c']) {
      await fetch(`${url}/agents/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...REGISTRATION, agent_id }),
      })
    }
  }
  return await rawExchange(url, request)
}

/** The response of a registry on a custom store, which keeps no tokens and no webhooks. */
async function responseWithoutTokens(request: string): Promise<RawResponse> {
  await using repository = await storeWithoutTokens()
  await using server = new AgentRegistryServer('memory:', { repository })
  return await rawExchange(await server.listen({ port: 0 }), request)
}

/** The response to a request with the token of a caller that may only read. */
async function responseToReader(request: string): Promise<RawResponse> {
  await using file = await tokenFile('dashboard read * reads-everything-and-changes-nothing')
  const header = 'Host: x\r\nAuthorization: Bearer reads-everything-and-changes-nothing'
  return await responseTo(request.replace('Host: x', header), 'memory:', { tokenFile: file.path })
}

/** The response to a principal about an agent of another. */
async function responseToAnotherOwner(request: string): Promise<RawResponse> {
  await using file = await tokenFile('team-b agent * heartbeats-of-the-agents-of-the-team-b')
  await using repository = new MemoryAgentRegistryRepository()
  await using server = new AgentRegistryServer('memory:', { repository, tokenFile: file.path })
  await repository.add(
    { agentId: AGENT_ID, agentName: 'Researcher', host: '10.0.0.7', port: 8000 },
    { kind: 'token', name: 'team-a', scope: 'agent' },
  )
  const header = 'Host: x\r\nAuthorization: Bearer heartbeats-of-the-agents-of-the-team-b'
  return await rawExchange(await server.listen({ port: 0 }), request.replace('Host: x', header))
}

/** The response of a registry in which an instance of the example has registered. */
async function responseAboutAgent(request: string): Promise<RawResponse> {
  await using repository = new MemoryAgentRegistryRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  await repository.add({
    agentId: AGENT_ID,
    agentName: 'Researcher',
    host: '10.0.0.7',
    port: 8000,
    instanceId: EXAMPLE_INSTANCE_ID,
  })
  return await rawExchange(await server.listen({ port: 0 }), request)
}

async function responseWithFailure(
  failure: Error,
  request: string,
  { isLost = false } = {},
): Promise<RawResponse> {
  await using repository = new FailingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const url = await server.listen({ port: 0 })
  repository.failure = failure
  if (isLost && failure instanceof RegistryError) repository.lost = failure
  return await rawExchange(url, request)
}
