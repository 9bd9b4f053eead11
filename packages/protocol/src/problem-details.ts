import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import { integer, list, object, optional, type Static, text } from './json-schema.ts'

/** The media type of every error, RFC 9457. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** One invalid place in the request. */
export const ProblemPointer = object({
  pointer: text({
    description: 'JSON pointer into the body, or `/path/…`, `/query/…` for the URL.',
  }),
  message: text({ description: 'What is wrong there, for humans.' }),
})
/** @interface */
export type ProblemPointer = Static<typeof ProblemPointer>

/** An error as defined by RFC 9457, extended by `code`, `request_id` and `errors`. */
export const ProblemDetails = object({
  type: text({ description: 'A URN that identifies the kind of error.' }),
  title: text({ description: 'A short summary; the same for every error with this code.' }),
  status: integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
  detail: text({ description: 'What happened, with which input, and what to do.' }),
  code: text({ description: 'A code of the error table.' }),
  request_id: text({ description: 'Include it when you report the error.' }),
  errors: optional(list(ProblemPointer, { description: 'The invalid places in the request.' })),
  oldest_revision: optional(
    integer({ minimum: 1, description: 'Only of `REVISION_GONE`: the oldest available revision.' }),
  ),
  incarnation: optional(
    integer({ minimum: 1, description: 'Only of `SUPERSEDED`: that of the current instance.' }),
  ),
})
/** @interface */
export type ProblemDetails = Static<typeof ProblemDetails>

/** Builds the body of an error response from the error table. */
export function problemDetails(options: {
  code: ErrorCode
  detail: string
  requestId: string
  errors?: readonly ProblemPointer[]
  oldestRevision?: number | undefined
  incarnation?: number | undefined
}): ProblemDetails {
  const { status, title } = ERROR_CODES[options.code]
  return {
    type: `urn:rollcall:error:${options.code}`,
    title,
    status,
    detail: options.detail,
    code: options.code,
    request_id: options.requestId,
    ...(options.errors && { errors: [...options.errors] }),
    ...(options.oldestRevision !== undefined && { oldest_revision: options.oldestRevision }),
    ...(options.incarnation !== undefined && { incarnation: options.incarnation }),
  }
}
