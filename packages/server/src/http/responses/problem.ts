import {
  ERROR_CODES,
  type ErrorCode,
  PROBLEM_MEDIA_TYPE,
  type ProblemPointer,
  problemDetails,
} from '@rollcall/protocol'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { RegistryError, type RegistryErrorCode } from '../../domain/registry-error.ts'
import { PROTECTING_HEADERS } from './protecting-headers.ts'

/** Seconds after which a client should try again when the registry cannot serve it now. */
const RETRY_AFTER_SECONDS = 1

/** An error that knows its answer; routes throw it. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem'
  readonly code: ErrorCode
  readonly errors: readonly ProblemPointer[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly oldestRevision: number | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      errors?: readonly ProblemPointer[] | undefined
      headers?: Readonly<Record<string, string>>
      oldestRevision?: number | undefined
    } = {},
  ) {
    super(detail)
    this.code = code
    this.errors = more.errors
    this.headers = more.headers ?? {}
    this.oldestRevision = more.oldestRevision
  }
}

/** What each refusal of the domain is on the wire. */
const CODE_OF: Readonly<Record<RegistryErrorCode, ErrorCode>> = {
  AGENT_NOT_FOUND: 'AGENT_NOT_FOUND',
  INVALID_REGISTRATION: 'VALIDATION_FAILED',
  REVISION_GONE: 'REVISION_GONE',
  STORAGE_UNAVAILABLE: 'STORAGE_UNAVAILABLE',
  STORAGE_UNUSABLE: 'STORAGE_UNAVAILABLE',
  OVERLOADED: 'OVERLOADED',
  OUTCOME_UNKNOWN: 'OUTCOME_UNKNOWN',
  CLOSED: 'SHUTTING_DOWN',
}

/** What the framework's own refusals are on the wire. */
const CODE_OF_FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'MALFORMED_REQUEST',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_BAD_URL: 'MALFORMED_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
}

/** Turns whatever was thrown into a problem; what nobody foresaw keeps its story to itself. */
function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error
  if (error instanceof RegistryError) {
    const { pointer, message, oldestRevision } = error
    const errors = pointer === undefined ? undefined : [{ pointer, message }]
    return new HttpProblem(CODE_OF[error.code], message, { errors, oldestRevision })
  }
  const { code, message, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : CODE_OF_FRAMEWORK[code]
  if (known) return new HttpProblem(known, `${shorten(message)}. ${ERROR_CODES[known].remedy}`)
  // JSON.parse fails without a code of its own; what it says ends with the place.
  if (error instanceof SyntaxError) {
    const detail = `The body is not valid JSON: ${shorten(message, 2 * MAX_REPEATED)}`
    return new HttpProblem('MALFORMED_JSON', detail)
  }
  if (statusCode === 400) return new HttpProblem('MALFORMED_REQUEST', shorten(message))
  return new HttpProblem('INTERNAL_ERROR', 'Something failed that should not have. It is logged.')
}

/** Characters of an input that an error repeats. */
const MAX_REPEATED = 80

/** What a client sent may be in there, and be as long as it likes. */
export function shorten(text = '', characters = MAX_REPEATED): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}…`
}

/** Answers with a problem, and logs it when the fault is ours. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error)
  const { status } = ERROR_CODES[problem.code]
  if (problem.code === 'INTERNAL_ERROR') request.log.error({ err: error }, 'request failed')
  // Set for the answer that did not come about.
  reply.removeHeader('etag')
  reply.headers(PROTECTING_HEADERS).headers(problem.headers)
  if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  const { code, message: detail, errors } = problem
  const isBadInput = status === 400 || status === 422
  const pointers = errors ?? (isBadInput ? [{ pointer: '', message: detail }] : undefined)
  const body = problemDetails({
    code,
    detail,
    requestId: request.id,
    oldestRevision: problem.oldestRevision,
    ...(pointers && { errors: pointers }),
  })
  reply.code(status).header('content-type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(body))
}
