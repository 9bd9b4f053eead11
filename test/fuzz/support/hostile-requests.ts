import fc, { type Arbitrary } from 'fast-check'
import type {
  OpenApiOperation,
  OpenApiReader,
} from '../../../packages/server/test/openapi/support/openapi-reader.ts'
import type { FuzzRequest, HeaderLine } from './fuzz-request.ts'
import { type HostileBody, hostileBody } from './hostile-bodies.ts'
import { hostileTarget } from './hostile-targets.ts'
import { HOSTILE_TEXTS } from './hostile-values.ts'
import { SchemaValues } from './schema-values.ts'

const UNUSUAL_METHODS = [
  'HEAD',
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'PURGE',
  'CONNECT',
  'get',
  'FOO',
  '',
]

/** Header values without line breaks, which a client library would let through. */
const oneLine = fc
  .oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ unit: 'binary', maxLength: 60 }))
  .map((text) => text.replaceAll(/[\r\n]/g, '').slice(0, 3000))

const header = (name: string, value: Arbitrary<string>) =>
  value.map((text): HeaderLine => [name, text])

const lastEventIds = fc.oneof(
  oneLine,
  fc.stringMatching(/^[A-Za-z0-9_-]{0,9}:[0-9]{0,4}$/),
  fc.constantFrom('0', '1', '-1', ':', 'x:snapshot', '9'.repeat(400), '1e3', '__proto__:1'),
)

const HOSTILE_CREDENTIALS = [
  'Bearer',
  'Bearer x, Bearer y',
  'Basic !!!',
  'Basic Og==',
  `Bearer ${'x'.repeat(7000)}`,
  'Digest username=""',
]

const moreHeaders: Arbitrary<HeaderLine> = fc.oneof(
  header('X-Request-Id', oneLine),
  header('If-None-Match', fc.oneof(oneLine, fc.constantFrom('*', '""', 'W/"', 'W/"x", W/"y"'))),
  header('Accept', fc.oneof(oneLine, fc.constantFrom('text/html', '*/*;q=x', 'application/xml'))),
  header('Accept', fc.constantFrom('text/event-stream', 'Text/Event-Stream, */*;q=0')),
  header('Last-Event-ID', lastEventIds),
  header('Accept-Encoding', fc.constantFrom('gzip', 'br;q=1', '*', 'x'.repeat(2000))),
  header('Host', fc.constantFrom('', 'evil.example', 'a b', '[::1', 'x'.repeat(3000))),
  header('Connection', fc.constantFrom('close', 'keep-alive', 'upgrade', 'x, y', 'Content-Length')),
  header('Upgrade', fc.constantFrom('websocket', 'h2c', 'x')),
  header('Expect', fc.constantFrom('100-continue', 'miracles', '')),
  header('Range', fc.constantFrom('bytes=0-1', 'bytes=-1', 'x')),
  header('X-Forwarded-For', oneLine),
  header('X-HTTP-Method-Override', fc.constantFrom('DELETE', 'x')),
  header('Cookie', fc.constantFrom('a=b', 'x'.repeat(7000))),
  header('Content-Encoding', fc.constantFrom('gzip', 'br', 'identity', 'x')),
  header('Origin', fc.constantFrom('null', 'https://evil.example')),
  header('Authorization', fc.oneof(oneLine, fc.constantFrom(...HOSTILE_CREDENTIALS))),
  header('X-Large', fc.constant('x'.repeat(17_000))),
  header('X-Inject', fc.constant('x\r\nX-Injected: yes')),
  header('Na me', fc.constant('x')),
  header('', fc.constant('x')),
)

const FRAMINGS: readonly FuzzRequest['framing'][] = ['chunked', 'cut', 'two lengths', 'both']

/**
 * Requests for the operations of an OpenAPI document, meant to break the server.
 *
 * @param token sent with most of them: a valid one, or most would get no further than 401
 */
export function hostileRequests(openApi: OpenApiReader, token: string): Arbitrary<FuzzRequest> {
  const authorization: HeaderLine = ['Authorization', `Bearer ${token}`]
  const values = new SchemaValues(openApi)
  return fc.oneof(
    ...openApi.operations.map((operation) => ({
      // An operation with more input has more to get wrong.
      weight: 1 + 2 * operation.parameters.length + (operation.requestBody ? 6 : 0),
      arbitrary: hostileRequest(operation, { values, authorization }),
    })),
  )
}

function hostileRequest(
  operation: OpenApiOperation,
  { values, authorization }: { values: SchemaValues; authorization: HeaderLine },
): Arbitrary<FuzzRequest> {
  const schema = operation.requestBody?.content['application/json']?.schema
  const someBody = hostileBody(schema ? values.of(schema) : fc.jsonValue())
  const body: Arbitrary<HostileBody | null> = schema
    ? fc.option(someBody, { freq: operation.requestBody?.required ? 30 : 3 })
    : fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, someBody)
  return fc
    .record({
      method: mostly(operation.method, fc.constantFrom(...UNUSUAL_METHODS)),
      target: hostileTarget(operation, values),
      version: mostly<FuzzRequest['version']>(
        'HTTP/1.1',
        fc.constantFrom('HTTP/1.0', 'HTTP/9.9', ''),
      ),
      headers: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        ...(canStream(operation) ? [streamHeaders] : []),
        fc.array(moreHeaders, { minLength: 1, maxLength: 3 }),
      ),
      hasHost: fc.integer({ min: 0, max: 40 }).map((n) => n > 0),
      hasToken: mostly(true, fc.constant(false)),
      body,
      framing: mostly<FuzzRequest['framing']>('length', fc.constantFrom(...FRAMINGS)),
    })
    .map(({ headers, hasHost, hasToken, body: given, ...request }) => ({
      ...request,
      headers: [
        ...(hasHost ? [['Host', 'x'] as const] : []),
        ...(hasToken ? [authorization] : []),
        ...(given?.headers ?? []),
        ...headers,
      ],
      body: given?.bytes,
    }))
}

function canStream({ responses }: OpenApiOperation): boolean {
  return 'text/event-stream' in (responses['200']?.content ?? {})
}

/** Requests a stream, often with a position to resume from. */
const streamHeaders: Arbitrary<HeaderLine[]> = fc
  .option(header('Last-Event-ID', lastEventIds))
  .map((lastEventId) => [
    ['Accept', 'text/event-stream'] as const,
    ...(lastEventId ? [lastEventId] : []),
  ])

/** The usual value in nine of ten cases. */
function mostly<T>(usual: T, unusual: Arbitrary<T>): Arbitrary<T> {
  return fc.oneof({ weight: 18, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: unusual })
}
