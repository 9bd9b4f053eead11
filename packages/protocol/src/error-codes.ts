/** A code of the error table. */
export type ErrorCode =
  | 'MALFORMED_REQUEST'
  | 'MALFORMED_JSON'
  | 'INVALID_CURSOR'
  | 'AGENT_NOT_FOUND'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'REVISION_GONE'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNSUPPORTED_CONTENT_ENCODING'
  | 'VALIDATION_FAILED'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR'
  | 'OVERLOADED'
  | 'STORAGE_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'SHUTTING_DOWN'

/** What an error is on the wire. */
export interface ErrorRule {
  /** Of the HTTP answer. */
  readonly status: number
  /** Never changes. */
  readonly title: string
  /** What the client should do. */
  readonly remedy: string
}

/**
 * Every error that the registry answers with: its code, its HTTP status, a title that never
 * changes, and what the client should do. The documentation page is written from this table, and
 * a test provokes each of them.
 */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorRule>> = {
  MALFORMED_REQUEST: {
    status: 400,
    title: 'The request is not valid HTTP',
    remedy: 'Send a well-formed HTTP/1.1 request.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'The body is not valid JSON',
    remedy: 'Send one JSON document in UTF-8, without `__proto__` keys.',
  },
  INVALID_CURSOR: {
    status: 400,
    title: 'The cursor is not one that belongs to this query',
    remedy: 'Take it from the `Link` header as it is, with the same filters; or begin without one.',
  },
  AGENT_NOT_FOUND: {
    status: 404,
    title: 'No such agent',
    remedy: 'If this agent is you, register again with everything you know of yourself.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: 'No such address',
    remedy: 'See /openapi.json for the addresses that exist.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'The address does not take this method',
    remedy: 'Use one of the methods in the `Allow` header.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time',
    remedy: 'Send the whole request without long pauses.',
  },
  REVISION_GONE: {
    status: 410,
    title: 'The history does not reach that revision',
    remedy:
      'Read the whole list and go on from its `X-Registry-Revision`, or follow the stream with ' +
      '`snapshot=true`. `oldest_revision` is the oldest that is still there.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send less; a batch of heartbeats may be split.',
  },
  URI_TOO_LONG: {
    status: 414,
    title: 'A part of the address is too long',
    remedy: 'An address has at most 12 288 bytes, an agent id in it at most 255 characters.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is not of a type that the registry reads',
    remedy: 'Send `Content-Type: application/json`.',
  },
  UNSUPPORTED_CONTENT_ENCODING: {
    status: 415,
    title: 'The body is encoded',
    remedy: 'Send it as it is, without `Content-Encoding`.',
  },
  VALIDATION_FAILED: {
    status: 422,
    title: 'The request breaks a rule of its schema',
    remedy: 'Each entry of `errors` points at a place and says what is wrong there.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The headers are too large',
    remedy: 'Send fewer or shorter headers: address and headers have at most 16 384 bytes.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'The registry failed',
    remedy: 'Try again; give the `request_id` when you report it.',
  },
  OVERLOADED: {
    status: 503,
    title: 'The registry has too much to do',
    remedy: 'Try again after `Retry-After` seconds. Nothing was changed.',
  },
  STORAGE_UNAVAILABLE: {
    status: 503,
    title: 'The store cannot be written',
    remedy: 'Try again after `Retry-After` seconds. Nothing was forgotten: do not register again.',
  },
  OUTCOME_UNKNOWN: {
    status: 503,
    title: 'The change may have been made, or not',
    remedy:
      'Send it again after `Retry-After` seconds: every call may be repeated. Or read the agent to see.',
  },
  SHUTTING_DOWN: {
    status: 503,
    title: 'The registry is shutting down',
    remedy: 'Try again after `Retry-After` seconds.',
  },
}
