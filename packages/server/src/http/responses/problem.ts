import {
  ERROR_CODES,
  type ErrorCode,
  PROBLEM_MEDIA_TYPE,
  type ProblemPointer,
  problemDetails,
} from '@rollcall/protocol'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { RegistryError, type RegistryErrorCode } from '../../domain/registry-error.ts'
import type { ProblemDialect } from './problem-dialect.ts'
import { BROWSER_HEADERS, SECURITY_HEADERS } from './security-headers.ts'

/** Seconds after which a client should retry when the registry is temporarily unavailable. */
const RETRY_AFTER_SECONDS = 1

/** An error with its HTTP response; thrown by routes. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  readonly code: ErrorCode
  readonly errors: readonly ProblemPointer[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly oldestRevision: number | undefined
  readonly incarnation: number | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      errors?: readonly ProblemPointer[] | undefined
      headers?: Readonly<Record<string, string>>
      oldestRevision?: number | undefined
      incarnation?: number | undefined
    } = {},
  ) {
    super(detail)
    this.code = code
    this.errors = options.errors
    this.headers = options.headers ?? {}
    this.oldestRevision = options.oldestRevision
    this.incarnation = options.incarnation
  }
}

/** Maps the errors of the domain to codes on the wire. */
const CODE_OF: Readonly<Record<RegistryErrorCode, ErrorCode>> = {
  AGENT_NOT_FOUND: 'AGENT_NOT_FOUND',
  INVALID_REGISTRATION: 'VALIDATION_FAILED',
  AGENT_OWNED: 'AGENT_OWNED',
  SUPERSEDED: 'SUPERSEDED',
  PRECONDITION_FAILED: 'PRECONDITION_FAILED',
  REVISION_GONE: 'REVISION_GONE',
  STORAGE_UNAVAILABLE: 'STORAGE_UNAVAILABLE',
  STORAGE_UNUSABLE: 'STORAGE_UNAVAILABLE',
  IDENTITY_UNAVAILABLE: 'IDENTITY_UNAVAILABLE',
  OVERLOADED: 'OVERLOADED',
  OUTCOME_UNKNOWN: 'OUTCOME_UNKNOWN',
  CLOSED: 'SHUTTING_DOWN',
}

/** Maps the errors of the framework to codes on the wire. */
const CODE_OF_FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MALFORMED_REQUEST',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'MALFORMED_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
}

/** Converts any thrown value to a problem. Details of unexpected errors are not disclosed. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (error instanceof RegistryError) {
    const { pointer, message, oldestRevision, incarnation } = error
    const errors = pointer === undefined ? undefined : [{ pointer, message }]
    return new HttpProblem(CODE_OF[error.code], message, { errors, oldestRevision, incarnation })
  }
  const { code, message, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : CODE_OF_FRAMEWORK[code]
  if (known) return new HttpProblem(known, `${shorten(message)}. ${ERROR_CODES[known].remedy}`)
  // JSON.parse fails without a code; its message ends with the position.
  if (error instanceof SyntaxError) {
    const detail = `The body is not valid JSON: ${shorten(message, 2 * MAX_QUOTED)}`
    return new HttpProblem('MALFORMED_JSON', detail)
  }
  if (statusCode === 400) return new HttpProblem('MALFORMED_REQUEST', shorten(message))
  return new HttpProblem('INTERNAL_ERROR', 'An unexpected error occurred and was logged.')
}

/** Maximum characters of the input that an error quotes. */
const MAX_QUOTED = 80

/** Truncates a text that may contain input of arbitrary length. */
export function shorten(text = '', characters = MAX_QUOTED): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}…`
}

/** Who gets a problem. */
interface ProblemRecipient {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly dialect: ProblemDialect
}

/** Responds with a problem, and logs it if it is an internal error. */
export function sendProblem(error: unknown, { request, reply, dialect }: ProblemRecipient): void {
  const problem = toProblem(error)
  request.problem = problem.code
  const { status } = ERROR_CODES[problem.code]
  if (problem.code === 'INTERNAL_ERROR') {
    request.log.error({ err: error, reqId: request.id }, 'request failed')
  }
  // Set for the response that was not sent.
  reply.removeHeader('etag')
  if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  reply.headers(SECURITY_HEADERS).headers(BROWSER_HEADERS).headers(problem.headers)
  const { code, message: detail, errors } = problem
  const isBadInput = status === 400 || status === 422
  const pointers = errors ?? (isBadInput ? [{ pointer: '', message: detail }] : undefined)
  const body = problemDetails({
    code,
    detail,
    requestId: request.id,
    oldestRevision: problem.oldestRevision,
    incarnation: problem.incarnation,
    ...(pointers && { errors: pointers }),
  })
  const members = dialect.membersFor(request.originalUrl, { status, detail })
  const text = JSON.stringify({ ...body, ...members })
  reply.code(status).header('content-type', PROBLEM_MEDIA_TYPE).send(text)
}
