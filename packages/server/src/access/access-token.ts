import { hash, randomBytes } from 'node:crypto'
import type { Scope } from '@rollcall/protocol'
import type { Principal } from './principal.ts'

/** By this beginning, scanners for leaked secrets find tokens. */
const PREFIX = 'rct_'
const ID_BYTES = 6
const SECRET_BYTES = 32

/** What a token allows; decided by who creates it. */
export interface TokenGrant {
  /** For humans, logs and the history: who uses it. */
  readonly name: string
  readonly scope: Scope
  /** The agents that it may change: ids, or beginnings of ids followed by `*`. */
  readonly patterns: readonly string[]
  /** Unix time in milliseconds from which on it is refused; null: never. */
  readonly expiresAtMs: number | null
}

/** A token as it is stored: without its text, which only its owner has. */
export interface AccessToken extends TokenGrant {
  /** Names the token in lists and for revocation; part of its text. */
  readonly id: string
  /** SHA-256 of its text, in hexadecimal. */
  readonly hash: string
  /** Unix time in milliseconds. */
  readonly createdAtMs: number
  /** The name of the principal, or of the user of the command, that has created it. */
  readonly createdBy: string
}

/** Creates a token with 256 random bits. Its text cannot be found out again. */
export function newToken(
  grant: TokenGrant,
  { nowMs, createdBy }: { nowMs: number; createdBy: string },
): { readonly token: AccessToken; readonly text: string } {
  const id = randomBytes(ID_BYTES).toString('hex')
  const text = `${PREFIX}${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const token = { id, hash: digestOf(text), ...grant, createdAtMs: nowMs, createdBy }
  return { token, text }
}

/**
 * Returns the SHA-256 of a token, in hexadecimal. A slow hash, as for passwords, would protect nothing here: nobody
 * guesses 256 random bits, and every heartbeat would pay for it. Looking up a digest takes a time that says nothing
 * about the token, as a comparison of the texts would.
 */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Returns who uses a token. */
export function principalOf({ name, scope, patterns }: TokenGrant): Principal {
  return { kind: 'token', name, scope, patterns }
}
