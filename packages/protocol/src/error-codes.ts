/** A code of the error table. */
export type ErrorCode =
  | 'MALFORMED_REQUEST'
  | 'MALFORMED_JSON'
  | 'INVALID_CURSOR'
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'AGENT_OWNED'
  | 'CROSS_ORIGIN'
  | 'AGENT_NOT_FOUND'
  | 'CARD_NOT_FOUND'
  | 'WEBHOOK_NOT_FOUND'
  | 'ENTRY_NOT_FOUND'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'SUPERSEDED'
  | 'REVISION_GONE'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'URI_TOO_LONG'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNSUPPORTED_CONTENT_ENCODING'
  | 'HOST_NOT_ALLOWED'
  | 'VALIDATION_FAILED'
  | 'RATE_LIMITED'
  | 'QUOTA_EXCEEDED'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL_ERROR'
  | 'TOKENS_UNSUPPORTED'
  | 'WEBHOOKS_UNSUPPORTED'
  | 'OVERLOADED'
  | 'STORAGE_UNAVAILABLE'
  | 'IDENTITY_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'SHUTTING_DOWN'
  | 'REGISTRY_FULL'

/** How an error appears on the wire. */
export interface ErrorRule {
  /** The status of the HTTP response. */
  readonly status: number
  /** The same for every error with this code. */
  readonly title: string
  /** What the client should do. */
  readonly remedy: string
}

/**
 * Every error response of the registry: its code, its HTTP status, a constant title, and what the
 * client should do. The documentation page is generated from this table, and a test provokes each
 * of them.
 */
export const ERROR_CODES: Readonly<Record<ErrorCode, ErrorRule>> = {
  MALFORMED_REQUEST: {
    status: 400,
    title: 'Malformed HTTP request',
    remedy: 'Send a well-formed HTTP/1.1 request.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'Malformed JSON',
    remedy: 'Send one JSON document in UTF-8, without `__proto__` keys.',
  },
  INVALID_CURSOR: {
    status: 400,
    title: 'Invalid cursor',
    remedy:
      'Use the cursor from the `Link` header unchanged and with the same filters, or start without ' +
      'one.',
  },
  INVALID_ARGUMENT: {
    status: 400,
    title: 'Invalid argument',
    remedy: 'Correct the places that `errors` lists.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'Unauthenticated',
    remedy: 'Send a valid token: `Authorization: Bearer TOKEN`.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'Forbidden',
    remedy: 'Use a token with the scope, or for the agents, that `detail` names.',
  },
  AGENT_OWNED: {
    status: 403,
    title: 'Agent belongs to another principal',
    remedy:
      'Use a token of the owner, whose name `detail` gives, or of an admin; or register the agent under another id.',
  },
  CROSS_ORIGIN: {
    status: 403,
    title: 'Cross-origin request refused',
    remedy:
      'Serve the page at the origin of the registry, or let the operator allow its origin with ' +
      '`--cors-origin`.',
  },
  AGENT_NOT_FOUND: {
    status: 404,
    title: 'Agent not found',
    remedy: 'If you are this agent, register again and send the complete registration.',
  },
  CARD_NOT_FOUND: {
    status: 404,
    title: 'Agent has no card',
    remedy: 'Register the agent with a card, or send one with `PUT /agents/{agent_id}/card`.',
  },
  WEBHOOK_NOT_FOUND: {
    status: 404,
    title: 'Webhook not found',
    remedy: 'Check the id, or list GET /webhooks.',
  },
  ENTRY_NOT_FOUND: {
    status: 404,
    title: 'No such catalog entry',
    remedy: 'Search again: it may have expired or moved.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: 'Route not found',
    remedy: 'See /openapi.json for the available routes.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    remedy: 'Use one of the methods in the `Allow` header.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'Request timeout',
    remedy: 'Send the whole request without long pauses.',
  },
  SUPERSEDED: {
    status: 409,
    title: 'Superseded by another instance',
    remedy:
      'Another process has registered this agent since; `incarnation` is its number. Stop sending ' +
      'heartbeats, and do not register again on your own.',
  },
  REVISION_GONE: {
    status: 410,
    title: 'Revision not available',
    remedy:
      'Read the whole list and continue from its `X-Registry-Revision`, or open the stream with ' +
      '`snapshot=true`. `oldest_revision` is the oldest revision still in the history.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'Precondition failed',
    remedy: 'The agent has changed: read it again, and decide anew.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'Payload too large',
    remedy: 'Send a smaller body; a batch of heartbeats may be split.',
  },
  URI_TOO_LONG: {
    status: 414,
    title: 'URI too long',
    remedy: 'Keep path and query within 12 288 bytes, and an agent id within 255 characters.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported media type',
    remedy: 'Send `Content-Type: application/json`.',
  },
  UNSUPPORTED_CONTENT_ENCODING: {
    status: 415,
    title: 'Unsupported content encoding',
    remedy: 'Send the body uncompressed, without `Content-Encoding`.',
  },
  HOST_NOT_ALLOWED: {
    status: 421,
    title: 'Host not allowed',
    remedy:
      'Use the address of the registry or its public URL, or let the operator add the name in `Host` ' +
      'to `--allowed-hosts`.',
  },
  VALIDATION_FAILED: {
    status: 422,
    title: 'Validation failed',
    remedy: 'Fix the fields that `errors` points to; each entry has a pointer and a message.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    remedy:
      'Try again after `Retry-After` seconds, and send fewer requests: one stream instead of many lists, one batch ' +
      'instead of many heartbeats. Nothing was changed.',
  },
  QUOTA_EXCEEDED: {
    status: 429,
    title: 'Quota exceeded',
    remedy:
      'Close streams that are not needed, share one among several readers, remove agents, or raise the limit that ' +
      '`detail` names. Agents that are registered are not affected.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'Request headers too large',
    remedy: 'Send fewer or shorter headers: URL and headers may have 16 384 bytes in total.',
  },
  INTERNAL_ERROR: {
    status: 500,
    title: 'Internal error',
    remedy: 'Try again; include the `request_id` when you report it.',
  },
  TOKENS_UNSUPPORTED: {
    status: 501,
    title: 'Tokens not supported',
    remedy: 'The store of this registry keeps no tokens; use a token file (`--token-file`).',
  },
  WEBHOOKS_UNSUPPORTED: {
    status: 501,
    title: 'Webhooks not supported',
    remedy: 'The store of this registry keeps no webhooks; follow the stream of GET /events.',
  },
  OVERLOADED: {
    status: 503,
    title: 'Registry overloaded',
    remedy: 'Try again after `Retry-After` seconds. Nothing was changed.',
  },
  STORAGE_UNAVAILABLE: {
    status: 503,
    title: 'Storage unavailable',
    remedy: 'Try again after `Retry-After` seconds. No agent was lost: do not register again.',
  },
  IDENTITY_UNAVAILABLE: {
    status: 503,
    title: 'Identity provider unavailable',
    remedy:
      'Try again after `Retry-After` seconds: the registry cannot read the keys with which your token could be verified.',
  },
  OUTCOME_UNKNOWN: {
    status: 503,
    title: 'Outcome unknown',
    remedy:
      'The change may or may not have been made. Send it again after `Retry-After` seconds: every ' +
      'call is idempotent. Or read the agent to find out.',
  },
  SHUTTING_DOWN: {
    status: 503,
    title: 'Shutting down',
    remedy: 'Try again after `Retry-After` seconds.',
  },
  REGISTRY_FULL: {
    status: 507,
    title: 'Registry full',
    remedy:
      'Remove agents that are not needed, or let the operator raise `--max-agents`. Agents that are registered are not ' +
      'affected. Try again after `Retry-After` seconds: expired agents are removed every minute.',
  },
}
