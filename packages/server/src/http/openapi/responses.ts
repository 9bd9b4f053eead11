import { ERROR_CODES, type ErrorCode, ProblemDetails } from '@rollcall/protocol'
import { text } from '@rollcall/protocol/json-schema'
import { OPERATIONS, type Operation, type OperationId } from '../../operations/operations.ts'
import { reference } from './components.ts'
import { EXAMPLES, STREAM_EXAMPLE } from './operation-examples.ts'
import { problemExample } from './problem-examples.ts'

/** What can go wrong with any call, whatever it asks. */
const EVERYWHERE: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'INTERNAL_ERROR',
  'SHUTTING_DOWN',
]

/** Returns the codes of all errors that an operation can have, each once. */
function errorCodesOf({ errors, params }: Operation): ErrorCode[] {
  const ofPath: readonly ErrorCode[] = params === undefined ? [] : ['URI_TOO_LONG']
  return [...new Set([...errors, ...ofPath, ...EVERYWHERE])]
}

/** Describes the response of an operation with status 200. */
export function successResponse(operationId: OperationId) {
  const { response, responseHeaders, conditional, stream }: Operation = OPERATIONS[operationId]
  const example = EXAMPLES[operationId].response
  const etag = text({ description: 'Made of epoch and revision.' })
  const headers = Object.entries({ ...(conditional && { ETag: etag }), ...responseHeaders })
  return {
    description: stream === undefined ? 'Done.' : `A page of events, or a stream. ${stream}`,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(
        headers.map(([name, schema]) => [
          name,
          { description: schema.description, schema: reference(schema) },
        ]),
      ),
    }),
    content: {
      ...(typeof response === 'string'
        ? { [response]: { schema: { type: 'string' }, example } }
        : { 'application/json': { schema: reference(response), example } }),
      ...(stream !== undefined && {
        'text/event-stream': { schema: { type: 'string' }, example: STREAM_EXAMPLE },
      }),
    },
  }
}

/** Describes the responses of an operation with an error, by status. */
export function problemResponses(operationId: OperationId): Record<number, object> {
  const codes = errorCodesOf(OPERATIONS[operationId])
  const byStatus = Map.groupBy(codes, (code) => ERROR_CODES[code].status)
  const responses = [...byStatus].map(([status, ofStatus]) => [
    status,
    {
      description: ofStatus.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: reference(ProblemDetails),
          examples: Object.fromEntries(
            ofStatus.map((code) => [
              code,
              { summary: ERROR_CODES[code].title, value: problemExample(operationId, code) },
            ]),
          ),
        },
      },
    },
  ])
  return Object.fromEntries(responses)
}
