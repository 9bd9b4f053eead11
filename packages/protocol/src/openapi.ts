import { Agent, RegisteredAgent, Registration } from './agent.ts'
import type { OpenParameter } from './agent-query.ts'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import { AgentEvent, SnapshotEvent, StreamEvent } from './event.ts'
import { Health, Probe, RegistryDescription } from './health.ts'
import {
  CleanupReceipt,
  DeletedAgent,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  HeartbeatReceipt,
  HeartbeatReport,
} from './heartbeat.ts'
import { type Schema, text } from './json-schema.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import { ProblemDetails } from './problem-details.ts'
import { TargetGroup } from './prometheus.ts'

/** Schemas that the document names, so that generated clients get types with good names. */
const COMPONENTS: Readonly<Record<string, Schema>> = {
  Agent,
  RegisteredAgent,
  Registration,
  HeartbeatReport,
  HeartbeatReceipt,
  HeartbeatBatch,
  HeartbeatBatchReceipt,
  DeletedAgent,
  CleanupReceipt,
  AgentEvent,
  SnapshotEvent,
  StreamEvent,
  TargetGroup,
  RegistryDescription,
  Health,
  Probe,
  ProblemDetails,
}
const nameOf = new Map(Object.entries(COMPONENTS).map(([name, schema]) => [schema, name]))

/** What can go wrong with any call, whatever it asks. */
const EVERYWHERE: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'REQUEST_TIMEOUT',
  'URI_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'INTERNAL_ERROR',
  'SHUTTING_DOWN',
]

/**
 * The OpenAPI 3.1 document of the registry, made from the schemas that validate requests.
 *
 * @param version of the server, shown as the version of the document
 * @param serverUrl where the registry is, relative to where the document is; default: beside it
 */
export function openApiDocument(version: string, serverUrl = './') {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [operationId, operation] of Object.entries(OPERATIONS)) {
    const path = paths[operation.path] ?? {}
    path[operation.method.toLowerCase()] = operationObject(operationId, operation)
    paths[operation.path] = path
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Rollcall',
      version,
      description: 'The live registry for fleets of AI agents.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl, description: 'This registry' }],
    security: [],
    tags: [
      { name: 'agents', description: 'Registering, staying alive, leaving.' },
      { name: 'discovery', description: 'Who is there, what changes, and why.' },
      { name: 'registry', description: 'The registry itself.' },
    ],
    paths,
    components: { schemas: COMPONENTS },
  }
}

function operationObject(operationId: string, operation: Operation) {
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description && { description: operation.description }),
    parameters: [
      ...parameters('path', operation.params, true),
      ...parameters('query', operation.query, false),
      ...(operation.openQuery ? [openParameter(operation.openQuery)] : []),
      ...parameters('header', operation.requestHeaders, false),
      ...(operation.conditional ? [IF_NONE_MATCH] : []),
    ],
    ...(operation.body && {
      requestBody: {
        required: operation.body.required,
        content: { 'application/json': { schema: reference(operation.body.schema) } },
      },
    }),
    responses: {
      200: goodResponse(operation),
      ...(operation.conditional && { 304: { description: 'Nothing visible has changed.' } }),
      ...problemResponses([...operation.errors, ...EVERYWHERE]),
    },
  }
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` of an earlier answer. 304 when nothing visible has changed since.',
  schema: { type: 'string' },
}

function parameters(place: string, schemas: Operation['params'], required: boolean) {
  return Object.entries(schemas ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required,
    ...('description' in schema && { description: schema.description }),
    schema,
  }))
}

/** Every property of the object is a parameter of its own: `?metadata.region=eu-1&metadata.a=b`. */
function openParameter({ prefix, title, description, schema }: OpenParameter) {
  const propertyNames = { pattern: `^${prefix.replaceAll('.', '\\.')}.` }
  return {
    name: title,
    in: 'query',
    required: false,
    description,
    style: 'form',
    explode: true,
    schema: { type: 'object', propertyNames, additionalProperties: schema },
  }
}

function goodResponse(operation: Operation) {
  const content =
    typeof operation.response === 'string'
      ? { [operation.response]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: reference(operation.response) } }
  const etag = text({ description: 'Made of epoch and revision.' })
  const headers = Object.entries({
    ...(operation.conditional && { ETag: etag }),
    ...operation.responseHeaders,
  }).map(([name, schema]) => [name, { schema }])
  const { stream } = operation
  return {
    description: stream === undefined ? 'Done.' : `A page of events, or a stream. ${stream}`,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    content: {
      ...content,
      ...(stream !== undefined && { 'text/event-stream': { schema: { type: 'string' } } }),
    },
  }
}

function problemResponses(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const { status } = ERROR_CODES[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codesOfStatus]) => [
      status,
      {
        description: codesOfStatus
          .map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`)
          .join(' '),
        content: { 'application/problem+json': { schema: reference(ProblemDetails) } },
      },
    ]),
  )
}

function reference(schema: Schema): object {
  const name = nameOf.get(schema)
  if (name) return { $ref: `#/components/schemas/${name}` }
  if ('items' in schema && nameOf.has(schema.items as Schema)) {
    return { ...schema, items: reference(schema.items as Schema) }
  }
  return schema
}
