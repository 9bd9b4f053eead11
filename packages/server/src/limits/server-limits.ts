import { ACCESS_LIMITS } from './access-limits.ts'
import { CALLER_LIMITS } from './caller-limits.ts'
import { CARD_LIMITS } from './card-limits.ts'
import { CATALOG_LIMITS } from './catalog-limits.ts'
import { CONNECTION_LIMITS } from './connection-limits.ts'
import { MCP_LIMITS } from './mcp-limits.ts'
import { OVERLOAD_LIMITS } from './overload-limits.ts'
import { POSTGRES_LIMITS } from './postgres-limits.ts'
import { QUERY_LIMITS } from './query-limits.ts'
import { STORAGE_LIMITS } from './storage-limits.ts'
import { TAKEOVER_LIMITS } from './takeover-limits.ts'
import { WEBHOOK_LIMITS } from './webhook-limits.ts'

export type { Limit } from './limit.ts'

/**
 * Limits of the server: memory, concurrency and timeouts. All code that enforces a limit reads its
 * value here, and `docs/limits.md` is generated from this table and `WIRE_LIMITS`.
 */
export const SERVER_LIMITS = {
  ...QUERY_LIMITS,
  ...CALLER_LIMITS,
  ...CONNECTION_LIMITS,
  ...CARD_LIMITS,
  ...MCP_LIMITS,
  ...WEBHOOK_LIMITS,
  ...CATALOG_LIMITS,
  ...ACCESS_LIMITS,
  ...OVERLOAD_LIMITS,
  ...STORAGE_LIMITS,
  ...TAKEOVER_LIMITS,
  ...POSTGRES_LIMITS,
} as const
