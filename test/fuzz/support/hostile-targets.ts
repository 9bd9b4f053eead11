import fc, { type Arbitrary } from 'fast-check'
import type { OpenApiOperation } from '../../../packages/server/test/openapi/support/openapi-reader.ts'
import { HOSTILE_TEXTS } from './hostile-values.ts'
import type { SchemaValues } from './schema-values.ts'

/** Targets that match no route, or only nearly. */
const UNUSUAL_TARGETS = [
  '/',
  '*',
  '//',
  '/agents/',
  '/agents//',
  '/agents//heartbeat',
  '/agents/register/',
  '/AGENTS',
  '/agents/../agents',
  '/agents/%2e%2e/health',
  '/agents;a=b',
  '/agents#fragment',
  '/health/../../etc/passwd',
  '/docs/static/../../package.json',
  '/docs/static/%2e%2e%2fpackage.json',
  '/docs/static/%00',
  '/docs/static/x%5c..%5c',
  `/docs/static/${'x'.repeat(300)}`,
  '/docs/',
  '/documentation',
  '/metrics/',
  'http://elsewhere.example/agents',
  'http://',
  'agents',
  '?',
  '/%',
  '/%ff',
  '/agents?include_dead=true#x',
  `/${'a/'.repeat(3000)}`,
  `/agents?${'a=b&'.repeat(1500)}`,
]

/** Characters that any HTTP parser rejects before routing. */
const UNESCAPED = ['\t', ' ', '\u0001', '\u007f', 'é', '\r\nX-Injected: yes', '\u0000']

/** Request targets for an operation: sometimes valid, mostly not. */
export function hostileTarget(
  operation: OpenApiOperation,
  values: SchemaValues,
): Arbitrary<string> {
  const valid = withParameters(operation, values, (name, valid) => encode(`${valid}`, name))
  const invalid = withParameters(operation, values, invalidPart)
  return fc.oneof(
    { weight: 14, arbitrary: valid },
    { weight: 8, arbitrary: invalid },
    {
      weight: 3,
      arbitrary: fc
        .tuple(valid, invalidQuery(operation))
        .map(([path, query]) => `${path}?${query}`),
    },
    { weight: 2, arbitrary: fc.constantFrom(...UNUSUAL_TARGETS) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(valid, fc.nat(), fc.constantFrom(...UNESCAPED))
        .map(
          ([path, at, junk]) =>
            path.slice(0, at % path.length) + junk + path.slice(at % path.length),
        ),
    },
  )
}

type ToPart = (name: string, valid: unknown) => Arbitrary<string>

/** The path with its parameters filled in, and some of its query parameters. */
function withParameters(
  { path, parameters }: OpenApiOperation,
  values: SchemaValues,
  toPart: ToPart,
): Arbitrary<string> {
  const part = (name: string, schema: unknown) => values.of(schema).chain((v) => toPart(name, v))
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const parts = fc.tuple(...inPath.map(({ name, schema }) => part(name, schema)))
  const query = fc.tuple(
    ...inQuery.map(({ name, schema }) =>
      fc.option(values.of(schema).chain((value) => queryParts(name, value, toPart))),
    ),
  )
  return fc.tuple(parts, query).map(([filled, asked]) => {
    const target = inPath.reduce(
      (all, { name }, at) => all.replace(`{${name}}`, () => `${filled[at]}`),
      path,
    )
    const parts = asked.flatMap((each) => each ?? [])
    return parts.length > 0 ? `${target}?${parts.join('&')}` : target
  })
}

/** A list is a repeated parameter; the members of an object are parameters of their own. */
function queryParts(name: string, value: unknown, toPart: ToPart): Arbitrary<string[]> {
  const pairs: [string, unknown][] = Array.isArray(value)
    ? value.map((each) => [name, each])
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [[name, value]]
  return fc.tuple(
    ...pairs.map(([key, each]) =>
      toPart(key, each).map((part) => `${encodeURIComponent(key.toWellFormed())}=${part}`),
    ),
  )
}

/** Valid values, escaped as much or as little as clients do. */
function encode(value: string, _name: string): Arbitrary<string> {
  const everything = Buffer.from(value)
    .toString('hex')
    .replaceAll(/../g, (byte) => `%${byte}`)
  const usual = encodeURIComponent(value.toWellFormed())
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    fc.constant(usual.replaceAll('%3A', ':')),
    fc.constant(everything.length > 3000 ? usual : everything),
  )
}

const invalidPart: ToPart = (_name, valid) =>
  fc.oneof(
    fc
      .constantFrom(...HOSTILE_TEXTS)
      .map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 12_000)),
    fc.constantFrom(
      '%',
      '%zz',
      '%c3%28',
      '%ff',
      '%00',
      '%0d%0aX-Injected:%20yes',
      '%2f',
      '%252e%252e',
    ),
    fc.constant(`${encodeURIComponent(String(valid).toWellFormed())}%20`),
    fc.constantFrom('9'.repeat(15), '9'.repeat(16), '9'.repeat(400), '18446744073709551616', 'x:1'),
    fc.constantFrom('W251bGwsImEiXQ.AAAAAAAA', 'bnVsbA.x', '.', 'x.y.z', '{}.{}'),
    fc.constantFrom('x'.repeat(256), 'x'.repeat(1025), 'x'.repeat(9000), '%41'.repeat(255), ''),
    fc.string({ unit: 'grapheme-ascii' }).map((text) => encodeURIComponent(text)),
  )

const UNUSUAL_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'x',
  '',
  '%00',
  'metadata',
  'metadata.',
  'metadata..',
  'metadata.a',
  'metadata.a.b.c',
  'metadata.__proto__',
  'metadata.constructor.prototype',
  'metadata.%00',
  'metadata.%ff',
  'metadata.%0a',
  `metadata.${'a.'.repeat(500)}`,
  `metadata.${'x'.repeat(5000)}`,
]
const WORDS = [
  'true',
  'false',
  '1',
  '',
  'maybe',
  '%',
  '%zz',
  '%00',
  '[object Object]',
  '-1',
  '%f0%9f%91%be',
]

/** Queries with unknown, repeated, empty and malformed parameters. */
function invalidQuery({ parameters }: OpenApiOperation): Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  const pair = fc.tuple(
    fc.constantFrom(...known, ...UNUSUAL_NAMES),
    fc.constantFrom('=', '[]=', '[a]=', '', '=='),
    fc.constantFrom(...WORDS),
  )
  return fc
    .array(pair, { minLength: 1, maxLength: 4 })
    .map((pairs) => pairs.map((parts) => parts.join('')).join('&'))
}
