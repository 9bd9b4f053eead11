import { AGENT_ID_PATTERN, LIMITS } from '@rollcall/protocol'
import { OPERATIONS, openApiDocument } from '@rollcall/server'
import { type OperationObject, operationSection, parameterTable } from './operation-section.ts'
import { schemaSection } from './schema-section.ts'
import { anchor, code, type SchemaObject, table } from './schema-words.ts'

interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: { readonly schemas: Readonly<Record<string, SchemaObject>> }
}

/** Returns the parts of the HTTP reference, generated from the OpenAPI document. */
export function httpPage(): string[] {
  const document: OpenApi = JSON.parse(JSON.stringify(openApiDocument('')))
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
    })),
  )
  const shared = { filters: filterNames(), errors: errorsOfAll(operations) }
  const filters = operations
    .find(({ operationId }) => operationId === 'prometheusTargets')
    ?.parameters.filter(({ name }) => shared.filters.has(name))
  const { schemas } = document.components
  const { stream = '' } = OPERATIONS.listEvents
  return [
    'Source: `packages/server/src/operations/operations.ts` and the schemas in `packages/protocol/src`. The ' +
      'routes and the OpenAPI 3.1 document, which a running registry serves on `/openapi.json`, come from ' +
      'the same table. `/docs` is the interactive documentation.',
    'Bodies are JSON in `snake_case`, sent with `Content-Type: application/json`. Times are RFC 3339 in ' +
      'UTC with milliseconds. Every error is a [problem document](errors.md). The commands below work in ' +
      'this order on a new registry.',
    table(
      ['endpoint', 'purpose'],
      operations.map(({ method, path, summary }) => {
        const name = `${method} ${path}`
        return [`[${code(name)}](#${anchor(name)})`, summary]
      }),
    ),
    ...document.tags.flatMap((tag) => [
      `## ${tag.name.charAt(0).toUpperCase()}${tag.name.slice(1)}`,
      tag.description,
      ...operations
        .filter(({ tags }) => tags.includes(tag.name))
        .flatMap((operation) => operationSection(operation, shared)),
    ]),
    '## `GET /events` as a stream',
    ['```sh', "curl -N 'http://localhost:9000/events?snapshot=true'", '```'].join('\n'),
    stream.trimEnd(),
    '## Filters',
    'The query parameters that select agents. All of them are optional; an agent must meet every given ' +
      'condition. An unknown parameter is an error.',
    parameterTable(filters ?? []),
    '## Response headers',
    headerTable(operations),
    '## Common errors',
    `Any endpoint may also return ${[...shared.errors].map(code).join(', ')}. An unknown path returns ` +
      '`ROUTE_NOT_FOUND`, an unsupported method `METHOD_NOT_ALLOWED`. See [Errors](errors.md).',
    '## Schemas',
    'Responses contain all fields of a table that does not say which are required, and of the others at least ' +
      'the required ones. Clients should ignore unknown fields.',
    ...Object.keys(schemas).flatMap((name) => schemaSection(name, schemas)),
    '## Agent ids',
    'Segments of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`, joined by single colons: `researcher-1`, ' +
      '`team:researcher.1`. `.` and `..` are not allowed, because URLs cannot contain them. As a regular ' +
      `expression: ${code(AGENT_ID_PATTERN)}`,
    '## Limits',
    table(['item', 'limit'], limits()),
  ]
}

function filterNames(): Set<string> {
  return new Set(Object.keys(OPERATIONS.prometheusTargets.query ?? {}))
}

/** Returns the codes that every operation has. */
function errorsOfAll(operations: readonly OperationObject[]): Set<string> {
  const ofEach = operations.map(
    ({ responses }) =>
      new Set(
        Object.values(responses).flatMap(({ content }) =>
          Object.keys(content?.['application/problem+json']?.examples ?? {}),
        ),
      ),
  )
  const [first = new Set<string>(), ...others] = ofEach
  return new Set([...first].filter((code) => others.every((codes) => codes.has(code))))
}

function headerTable(operations: readonly OperationObject[]): string {
  const meanings = new Map<string, Set<string>>()
  for (const { responses } of operations) {
    for (const [name, { description }] of Object.entries(responses['200']?.headers ?? {})) {
      meanings.set(name, (meanings.get(name) ?? new Set()).add(description))
    }
  }
  meanings.set('Retry-After', new Set(['On 503: seconds to wait before a retry.']))
  const rows = [...meanings].map(([name, texts]) => [code(name), [...texts].join(' ')])
  return table(['header', 'meaning'], rows)
}

function limits(): string[][] {
  return Object.entries(LIMITS).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
    typeof value === 'number'
      ? value.toLocaleString('en-US')
      : `${value.minimum} to ${value.maximum.toLocaleString('en-US')}, default ${value.default}`,
  ])
}
