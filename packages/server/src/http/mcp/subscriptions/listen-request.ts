import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { McpMessage } from '../../../operations/mcp-operations.ts'
import { validationFailed } from '../../requests/validation.ts'

/** What a client wants to be notified of. */
export interface ListenRequest {
  /** Each once. */
  readonly uris: readonly string[]
  readonly listChanged: boolean
}

/**
 * Returns what a message asks to be notified of; undefined: it is another message. The SDK validates the rest of it.
 *
 * @throws HttpProblem `VALIDATION_FAILED` for more resources than a subscription may name
 */
export function listenRequestIn({ method, params }: McpMessage): ListenRequest | undefined {
  if (method !== 'subscriptions/listen') return undefined
  const { notifications } = Object(params) as { notifications?: unknown }
  const { resourceSubscriptions, resourcesListChanged } = Object(notifications) as {
    resourceSubscriptions?: unknown
    resourcesListChanged?: unknown
  }
  const named: unknown[] = Array.isArray(resourceSubscriptions) ? resourceSubscriptions : []
  const { value: limit } = SERVER_LIMITS.mcpResources
  if (named.length > limit) {
    const pointer = '/params/notifications/resourceSubscriptions'
    throw validationFailed([{ pointer, message: `must NOT have more than ${limit} items` }])
  }
  const uris = [...new Set(named)].filter((uri) => typeof uri === 'string')
  return { uris, listChanged: resourcesListChanged === true }
}
