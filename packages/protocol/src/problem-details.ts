import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import { integer, list, object, optional, type Static, text } from './json-schema.ts'

/** The media type of every error, RFC 9457. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** One place in the request that is wrong. */
export const ProblemPointer = object({
  pointer: text({
    description: 'JSON pointer into the body, or `/path/…`, `/query/…` for the address.',
  }),
  message: text({ description: 'What is wrong there, for people.' }),
})
/** @interface */
export type ProblemPointer = Static<typeof ProblemPointer>

/** An error as RFC 9457 has it, with our `code`, `request_id` and `errors`. */
export const ProblemDetails = object({
  type: text({ description: 'Names the kind of error; a link into the documentation.' }),
  title: text({ description: 'What the code means; never changes.' }),
  status: integer({ minimum: 400, maximum: 599, description: 'Of the HTTP response.' }),
  detail: text({ description: 'What happened, with which input, and what to do.' }),
  code: text({ description: 'A code of the error table.' }),
  request_id: text({ description: 'Name it when you report the error.' }),
  errors: optional(
    list(ProblemPointer, { description: 'The places in the request that are wrong.' }),
  ),
  oldest_revision: optional(
    integer({ minimum: 1, description: 'Of `REVISION_GONE`: the oldest still there.' }),
  ),
})
/** @interface */
export type ProblemDetails = Static<typeof ProblemDetails>

/** Builds the body of an error answer from the error table. */
export function problemDetails(options: {
  code: ErrorCode
  detail: string
  requestId: string
  errors?: readonly ProblemPointer[]
  oldestRevision?: number | undefined
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
  }
}
