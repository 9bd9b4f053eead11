import type { Operation, OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { componentSchemas, reference } from './components.ts'
import { curlCommand } from './curl-command.ts'
import { EXAMPLES } from './operation-examples.ts'
import { otherResponses, successResponse } from './responses.ts'

/** In what a registry differs from others. */
export interface DocumentedRegistry {
  /** The operations that it does not serve; default: none. */
  readonly without?: readonly OperationId[] | undefined
  /** The path below which it serves ARD; default `/ard`. */
  readonly ardPrefix?: string | undefined
}

/**
 * Builds the OpenAPI 3.1 document of the registry from the schemas that validate requests, with
 * examples and a command line for each operation.
 *
 * @param version the version of the server, shown as the version of the document
 * @param serverUrl the URL of the registry, relative to the document; default: the same directory
 * @param registry in what it differs from others; default: nothing
 */
export function openApiDocument(
  version: string,
  serverUrl = './',
  { without = [], ardPrefix = '/ard' }: DocumentedRegistry = {},
) {
  const paths: Record<string, Record<string, unknown>> = {}
  const operationIds = Object.keys(OPERATIONS) as OperationId[]
  for (const operationId of operationIds.filter((id) => !without.includes(id))) {
    const { method, path: ownPath } = OPERATIONS[operationId]
    const path = ownPath.replace(/^\/ard\//, `${ardPrefix}/`)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationObject(operationId) }
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
    security: [{}, { bearer: [] }, { basic: [] }],
    tags: [
      { name: 'agents', description: 'Register, renew leases, deregister; the cards of agents.' },
      { name: 'discovery', description: 'Find agents and follow their changes.' },
      { name: 'catalogs', description: 'Agents in the catalogs of others: ARD, AI Catalog, MCP.' },
      { name: 'registry', description: 'Health, metrics and documentation of the registry.' },
      { name: 'maintenance', description: 'What operators decide about agents.' },
      { name: 'tokens', description: 'Who may call the registry.' },
      { name: 'webhooks', description: 'Where changes are sent.' },
    ],
    paths,
    components: { schemas: componentSchemas(), securitySchemes: SECURITY_SCHEMES },
  }
}

/** What a caller needs, in the description of an operation. */
const SCOPE_NOTES = {
  none: 'Needs no token.',
  read: 'Scope: `read`.',
  agent: 'Scope: `agent`, for this agent.',
  admin: 'Scope: `admin`.',
} as const

/** A token is needed only if the registry has access control. */
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token of the registry.' },
  basic: { type: 'http', scheme: 'basic', description: 'Any user, with a token as the password.' },
} as const

function operationObject(operationId: OperationId) {
  const operation = OPERATIONS[operationId]
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    description: [operation.description, SCOPE_NOTES[operation.scope]].filter(Boolean).join('\n\n'),
    parameters: [
      ...parameters('path', operation.params, true),
      ...parameters('query', operation.query, false),
      ...parameters('header', operation.requestHeaders, false),
      ...(operation.conditional ? [IF_NONE_MATCH] : []),
    ],
    ...(operation.body && {
      requestBody: {
        required: operation.body.required,
        content: {
          'application/json': {
            schema: reference(operation.body.schema),
            examples: EXAMPLES[operationId].request,
          },
        },
      },
    }),
    responses: {
      200: successResponse(operationId),
      ...(operation.conditional && { 304: { description: 'Nothing visible has changed.' } }),
      ...otherResponses(operationId),
    },
    // An extension that Redoc, Scalar and others support.
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curlCommand(operationId) }],
  }
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The `ETag` of an earlier response. 304 when nothing visible has changed since.',
  schema: { type: 'string' },
}

function parameters(place: string, schemas: Operation['params'], required: boolean) {
  return Object.entries(schemas ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required,
    ...('description' in schema && { description: schema.description }),
    schema: reference(schema),
    // Interactive pages prefill it, so only required parameters have an example.
    ...(required && 'examples' in schema && { example: [schema.examples].flat()[0] }),
  }))
}
