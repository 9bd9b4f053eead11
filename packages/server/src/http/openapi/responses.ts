import { ERROR_CODES, type ErrorCode, ProblemDetails } from '@rollcall/protocol'
import { text } from '@rollcall/protocol/json-schema'
import { isForOwnPages, type Operation, type OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { CLOUD_EVENTS_TYPE } from '../events/cloud-event.ts'
import { reference } from './components.ts'
import { CLOUD_EVENTS_EXAMPLE, EXAMPLES, STREAM_EXAMPLE } from './operation-examples.ts'
import { problemExample } from './problem-examples.ts'

/** The errors that every operation can have. */
const COMMON_ERRORS: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'REQUEST_TIMEOUT',
  'HEADERS_TOO_LARGE',
  'HOST_NOT_ALLOWED',
  'INTERNAL_ERROR',
  'SHUTTING_DOWN',
]

/** The errors of callers that may not call an operation, or not so often; every scope includes `read`. */
const ACCESS_ERRORS: Readonly<Record<Operation['scope'], readonly ErrorCode[]>> = {
  none: [],
  read: ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'IDENTITY_UNAVAILABLE'],
  agent: ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'IDENTITY_UNAVAILABLE'],
  admin: ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'IDENTITY_UNAVAILABLE'],
}

/** Returns the codes of all errors that an operation can have, without duplicates. */
function errorCodesOf(operation: Operation): ErrorCode[] {
  const { errors, params, scope } = operation
  const pathErrors: readonly ErrorCode[] = params === undefined ? [] : ['URI_TOO_LONG']
  const originErrors: readonly ErrorCode[] = isForOwnPages(operation) ? ['CROSS_ORIGIN'] : []
  const refusals = [...originErrors, ...ACCESS_ERRORS[scope]]
  return [...new Set([...errors, ...pathErrors, ...refusals, ...COMMON_ERRORS])]
}

const PAGE_EXAMPLE = '<!doctype html><html lang="en"><title>Rollcall</title></html>'

/** Describes the successful response of an operation. */
export function successResponse(operationId: OperationId) {
  const operation: Operation = OPERATIONS[operationId]
  const { response, responseHeaders, conditional, stream, cloudEvents, page } = operation
  const { mediaType = 'application/json' } = operation
  const example = EXAMPLES[operationId].response
  const etag = text({ description: 'Consists of branch and revision.' })
  const headers = Object.entries({ ...(conditional && { ETag: etag }), ...responseHeaders })
  return {
    description:
      stream === undefined
        ? `Success. ${page ?? ''}`.trim()
        : `A page of events, or a stream. ${stream}`,
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
        : { [mediaType]: { schema: reference(response), example } }),
      ...(stream !== undefined && {
        'text/event-stream': { schema: { type: 'string' }, example: STREAM_EXAMPLE },
      }),
      ...(cloudEvents && {
        [CLOUD_EVENTS_TYPE]: { schema: reference(cloudEvents), example: CLOUD_EVENTS_EXAMPLE },
      }),
      ...(page !== undefined && {
        'text/html': { schema: { type: 'string' }, example: PAGE_EXAMPLE },
      }),
    },
  }
}

/** Describes the responses of an operation that are not 200, by status. */
export function otherResponses(operationId: OperationId): Record<number, object> {
  const problems = problemResponses(operationId)
  const { ownResponses = {} }: Operation = OPERATIONS[operationId]
  const own = Object.entries(ownResponses).map(([status, { description, body }]) => {
    const problem = problems[Number(status)]
    return [
      status,
      {
        description: problem ? `${description} ${problem.description}` : description,
        ...(body && {
          content: {
            ...problem?.content,
            'application/json': { schema: reference(body.schema), example: body.example },
          },
        }),
      },
    ] as const
  })
  return { ...problems, ...Object.fromEntries(own) }
}

interface ProblemResponse {
  readonly description: string
  readonly content: object
}

function problemResponses(operationId: OperationId): Record<number, ProblemResponse> {
  const codes = errorCodesOf(OPERATIONS[operationId])
  const byStatus = Map.groupBy(codes, (code) => ERROR_CODES[code].status)
  const responses = [...byStatus].map(([status, statusCodes]) => [
    status,
    {
      description: statusCodes.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: reference(ProblemDetails),
          examples: Object.fromEntries(
            statusCodes.map((code) => [
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
