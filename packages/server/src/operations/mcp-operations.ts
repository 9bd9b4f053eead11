import { LIMITS } from '@rollcall/protocol'
import {
  constant,
  custom,
  object,
  optional,
  type Static,
  text,
} from '@rollcall/protocol/json-schema'
import { BODY_ERRORS } from './body-errors.ts'
import type { Operation, OwnResponse } from './operation.ts'

/** A message of JSON-RPC 2.0, as far as HTTP is concerned: MCP says what is in it. */
export const McpMessage = object(
  {
    jsonrpc: constant('2.0'),
    id: optional(
      custom<string | number | null>({
        type: ['string', 'integer', 'null'],
        description: 'Of a request and its response; null: of an unknown request.',
      }),
    ),
    method: optional(text({ description: 'What is called.', examples: ['tools/list'] })),
    params: optional(object({}, { description: 'The arguments of a call.' })),
    result: optional(object({}, { description: 'What a call returns.' })),
    error: optional(object({}, { description: 'Why a call failed.' })),
  },
  { description: 'A message of JSON-RPC 2.0, in a version of the Model Context Protocol.' },
)
/** @interface */
export type McpMessage = Static<typeof McpMessage>

function error(code: number, message: string): NonNullable<OwnResponse['body']> {
  return { schema: McpMessage, example: { jsonrpc: '2.0', id: null, error: { code, message } } }
}

/** The operation that programs with language models use. */
export const MCP_OPERATIONS = {
  mcp: {
    method: 'POST',
    path: '/mcp',
    tag: 'discovery',
    scope: 'read',
    shows: 'agents',
    summary: 'Call the registry by the Model Context Protocol',
    description:
      'For programs with language models: tools, resources and a prompt that find agents, and notifications of what ' +
      'changes. Use a client of MCP. The version of 2026-07-28 and those of 2025 are served without sessions, so no ' +
      'request depends on an earlier one. Nothing can be changed by it.',
    body: { schema: McpMessage, required: true, maxBytes: LIMITS.mcpMessageBytes },
    response: McpMessage,
    ownResponses: {
      202: { description: 'A notification, or a response of the client, was taken.' },
      400: {
        description: 'An error of MCP: the message, or its version.',
        body: error(-32_600, 'Bad Request: the request body is not a valid JSON-RPC message'),
      },
      404: {
        description: 'An error of MCP: there is no such method.',
        body: error(-32_601, 'Method not found'),
      },
      406: {
        description: 'An error of MCP: what the client accepts.',
        body: error(-32_000, 'Not Acceptable: Client must accept text/event-stream'),
      },
    },
    errors: [...BODY_ERRORS, 'VALIDATION_FAILED', 'QUOTA_EXCEEDED', 'STORAGE_UNAVAILABLE'],
  },
} as const satisfies Readonly<Record<string, Operation>>
