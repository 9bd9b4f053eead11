import type { ErrorCode } from '@rollcall/protocol'
import {
  type AgentRegistryRepository,
  AgentRegistryServer,
  type AgentRegistryServerOptions,
  RegistryError,
} from '@rollcall/server'
import { rawExchange } from '../../../../../test/http/support/raw-connection.ts'
import type { RawResponse } from '../../../../../test/http/support/raw-response.ts'
import { HttpProblem } from '../../../src/http/responses/problem.ts'
import { withoutProvider } from '../../access/support/jwt-callers.ts'
import { storeWithoutTokens } from '../../access/support/store-without-tokens.ts'
import { tokenFile } from '../../access/support/token-file-on-disk.ts'
import { FailingRepository } from './failing-repository.ts'
import {
  rateLimitedResponseTo,
  responseOfFullRegistry,
  responseToSecondStream,
} from './limit-provocations.ts'
import { requestWhileClosing } from './request-while-closing.ts'
import { slowRequest } from './slow-request.ts'

/** Provokes each code of the error table. */
export const PROVOCATIONS: Readonly<Record<ErrorCode, () => Promise<RawResponse>>> = {
  MALFORMED_REQUEST: () => responseTo('this is not HTTP\r\n\r\n'),
  INVALID_CURSOR: () => responseTo(get('/agents?cursor=forged')),
  REVISION_GONE: () => responseTo(get('/events?since=another-history:7')),
  INVALID_ARGUMENT: () => responseTo(get('/ard/agents/no-identifier')),
  MALFORMED_JSON: () => responseTo(post('/agents/register', '{"agent_id":')),
  CROSS_ORIGIN: () =>
    responseTo('DELETE /agents/a HTTP/1.1\r\nHost: localhost\r\nOrigin: http://y\r\n\r\n'),
  HOST_NOT_ALLOWED: () => responseTo(get('/health').replace('Host: x', 'Host: page.example')),
  AGENT_NOT_FOUND: () => responseTo(get('/agents/unknown')),
  CARD_NOT_FOUND: () =>
    responseWithFailure(new HttpProblem('CARD_NOT_FOUND', 'the agent has no card')),
  WEBHOOK_NOT_FOUND: () => responseTo(get('/webhooks/0123456789ab')),
  ENTRY_NOT_FOUND: () => responseTo(get('/ard/agents/urn:air:example.com:agent:a')),
  AGENT_OWNED: () => responseWithFailure(new RegistryError('AGENT_OWNED', 'it is not yours')),
  SUPERSEDED: () =>
    responseWithFailure(new RegistryError('SUPERSEDED', 'another instance', { incarnation: 2 })),
  PRECONDITION_FAILED: () =>
    responseWithFailure(new RegistryError('PRECONDITION_FAILED', 'at another revision')),
  UNAUTHENTICATED: () => responseTo(get('/agents'), { anonymous: 'none' }),
  FORBIDDEN: () => responseToReader(post('/agents/cleanup', '')),
  ROUTE_NOT_FOUND: () => responseTo(get('/no/such/route')),
  METHOD_NOT_ALLOWED: () => responseTo('PATCH /agents HTTP/1.1\r\nHost: x\r\n\r\n'),
  REQUEST_TIMEOUT: () => slowRequest('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow:'),
  PAYLOAD_TOO_LARGE: () => responseTo(post('/agents/register', ' '.repeat(300_000))),
  URI_TOO_LONG: () => responseTo(get(`/agents/${'x'.repeat(4000)}`)),
  UNSUPPORTED_MEDIA_TYPE: () =>
    responseTo(post('/agents/register', '{}').replace('application/json', 'text/plain')),
  UNSUPPORTED_CONTENT_ENCODING: () =>
    responseTo(post('/agents/register', '{}').replace('\r\n', '\r\nContent-Encoding: gzip\r\n')),
  VALIDATION_FAILED: () => responseTo(post('/agents/register', '{}')),
  HEADERS_TOO_LARGE: () =>
    responseTo(get('/health').replace('\r\n\r\n', `\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)),
  INTERNAL_ERROR: () => responseWithFailure(new Error('a bug in a custom store')),
  TOKENS_UNSUPPORTED: () => responseOf(storeWithoutTokens(), get('/tokens')),
  WEBHOOKS_UNSUPPORTED: () => responseOf(storeWithoutTokens(), get('/webhooks')),
  RATE_LIMITED: () => rateLimitedResponseTo(get('/agents')),
  QUOTA_EXCEEDED: responseToSecondStream,
  REGISTRY_FULL: () => responseOfFullRegistry(post('/agents/register', JSON.stringify(NEW_AGENT))),
  OVERLOADED: () => responseWithFailure(new RegistryError('OVERLOADED', 'too many queries wait')),
  STORAGE_UNAVAILABLE: () =>
    responseWithFailure(new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')),
  IDENTITY_UNAVAILABLE: () =>
    withoutProvider(get('/agents'), ({ request, options }) => responseTo(request, options)),
  OUTCOME_UNKNOWN: () =>
    responseWithFailure(new RegistryError('OUTCOME_UNKNOWN', 'the database does not respond')),
  SHUTTING_DOWN: () => requestWhileClosing(get('/health/ready')),
}

const NEW_AGENT = { agent_id: 'new', agent_name: 'New', host: '10.0.0.9', port: 8000 }

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${body.length}\r\n\r\n${body}`

async function responseOf(
  store: Promise<AgentRegistryRepository>,
  request: string,
): Promise<RawResponse> {
  await using repository = await store
  await using server = new AgentRegistryServer('memory:', { repository })
  return await rawExchange(await server.listen({ port: 0 }), request)
}

async function responseToReader(request: string): Promise<RawResponse> {
  await using file = await tokenFile('dashboard read * reads-everything-and-changes-nothing')
  const header = 'Host: x\r\nAuthorization: Bearer reads-everything-and-changes-nothing'
  return await responseTo(request.replace('Host: x', header), { tokenFile: file.path })
}

async function responseTo(
  request: string,
  options: AgentRegistryServerOptions = {},
): Promise<RawResponse> {
  await using server = new AgentRegistryServer('memory:', options)
  return await rawExchange(await server.listen({ port: 0 }), request)
}

async function responseWithFailure(failure: Error): Promise<RawResponse> {
  await using repository = new FailingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  repository.failure = failure
  return await rawExchange(baseUrl, get('/agents/some-id'))
}
