import type { ErrorCode } from '@rollcall/protocol'
import { AgentRegistryServer, RegistryError } from '@rollcall/server'
import { rawExchange } from '../../../../../test/http/support/raw-connection.ts'
import type { RawAnswer } from '../../../../../test/http/support/raw-response.ts'
import { FailingRepository } from './failing-repository.ts'
import { requestWhileClosing } from './request-while-closing.ts'
import { slowRequest } from './slow-request.ts'

/** What a client sends, or what happens to it, that is answered with each code of the table. */
export const PROVOCATIONS: Readonly<Record<ErrorCode, () => Promise<RawAnswer>>> = {
  MALFORMED_REQUEST: () => answerTo('this is not HTTP\r\n\r\n'),
  INVALID_CURSOR: () => answerTo(get('/agents?cursor=nobody-gave-me-this')),
  REVISION_GONE: () => answerTo(get('/events?since=another-history:7')),
  MALFORMED_JSON: () => answerTo(post('/agents/register', '{"agent_id":')),
  AGENT_NOT_FOUND: () => answerTo(get('/agents/nobody-knows-me')),
  ROUTE_NOT_FOUND: () => answerTo(get('/no/such/address')),
  METHOD_NOT_ALLOWED: () => answerTo('PATCH /agents HTTP/1.1\r\nHost: x\r\n\r\n'),
  REQUEST_TIMEOUT: () => slowRequest('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow:'),
  PAYLOAD_TOO_LARGE: () => answerTo(post('/agents/register', ' '.repeat(300_000))),
  URI_TOO_LONG: () => answerTo(get(`/agents/${'x'.repeat(4000)}`)),
  UNSUPPORTED_MEDIA_TYPE: () =>
    answerTo(post('/agents/register', '{}').replace('application/json', 'text/plain')),
  UNSUPPORTED_CONTENT_ENCODING: () =>
    answerTo(post('/agents/register', '{}').replace('\r\n', '\r\nContent-Encoding: gzip\r\n')),
  VALIDATION_FAILED: () => answerTo(post('/agents/register', '{}')),
  HEADERS_TOO_LARGE: () =>
    answerTo(get('/health').replace('\r\n\r\n', `\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)),
  INTERNAL_ERROR: () => answerOfStoreWith(new Error('a bug in somebody’s store')),
  OVERLOADED: () => answerOfStoreWith(new RegistryError('OVERLOADED', 'too many queries wait')),
  STORAGE_UNAVAILABLE: () =>
    answerOfStoreWith(new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')),
  OUTCOME_UNKNOWN: () =>
    answerOfStoreWith(new RegistryError('OUTCOME_UNKNOWN', 'the database does not respond')),
  SHUTTING_DOWN: () => requestWhileClosing(get('/health/ready')),
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${body.length}\r\n\r\n${body}`

async function answerTo(request: string): Promise<RawAnswer> {
  await using server = new AgentRegistryServer('memory:')
  return await rawExchange(await server.listen({ port: 0 }), request)
}

async function answerOfStoreWith(failure: Error): Promise<RawAnswer> {
  await using repository = new FailingRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  repository.failure = failure
  return await rawExchange(baseUrl, get('/agents/some-id'))
}
