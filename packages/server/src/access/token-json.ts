import type { Token } from '@rollcall/protocol'
import type { AccessToken } from './access-token.ts'

/** Converts a token to the names of the wire. Its hash stays in the registry. */
export function toWireToken({ id, name, scope, patterns, reads, ...token }: AccessToken): Token {
  return {
    id,
    name,
    scope,
    agents: [...patterns],
    reads: [...reads],
    created_at: new Date(token.createdAtMs).toISOString(),
    expires_at: token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString(),
    created_by: token.createdBy,
  }
}
