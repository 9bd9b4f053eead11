import Type, { type Static } from 'typebox'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

/** The media type of every error, RFC 9457. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** One place in the request that is wrong. */
export const ProblemPointer = Type.Object({
  pointer: Type.String({
    description: 'JSON pointer into the body, or `/path/…`, `/query/…` for the address.',
  }),
  message: Type.String(),
})
export type ProblemPointer = Static<typeof ProblemPointer>

/** An error as RFC 9457 has it, with our `code`, `request_id` and `errors`. */
export const ProblemDetails = Type.Object({
  type: Type.String({ description: 'Names the kind of error; a link into the documentation.' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What happened, with which input, and what to do.' }),
  code: Type.String({ description: 'A code of the error table.' }),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(ProblemPointer)),
  oldest_revision: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Of `REVISION_GONE`: the oldest still there.' }),
  ),
})
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
