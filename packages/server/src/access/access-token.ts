import { hash, randomBytes } from 'node:crypto'
import { ALL_AGENTS, type Grant, type Principal, visibleTo } from './principal.ts'

/** By this beginning, scanners for leaked secrets find tokens. */
const PREFIX = 'rct_'
const ID_BYTES = 6
const SECRET_BYTES = 32

/** What a token allows; decided by who creates it. */
export interface TokenGrant extends Grant {
  /** For humans, logs and the history: who uses it. */
  readonly name: string
}

/** A token that is to be created. */
export interface TokenOrder extends TokenGrant {
  /** Seconds after which it is refused; default: never. */
  readonly expiresInSeconds?: number | undefined
  /** Who creates it. */
  readonly createdBy: string
}

/** A token as it is stored: without its text, which only its owner has. */
export interface AccessToken extends TokenGrant {
  /** Names the token in lists and for revocation; part of its text. */
  readonly id: string
  /** SHA-256 of its text, in hexadecimal. */
  readonly hash: string
  /** Unix time in milliseconds. */
  readonly createdAtMs: number
  /** Unix time in milliseconds from which on it is refused; null: never. */
  readonly expiresAtMs: number | null
  /** The name of the principal, or of the user of the command, that has created it. */
  readonly createdBy: string
}

/** A token, and its text, which is shown once. */
export interface CreatedToken {
  /** As it is stored. */
  readonly token: AccessToken
  /** What its owner sends. */
  readonly text: string
}

/** Creates a token with 256 random bits. Its text cannot be found out again. */
export function newToken({ expiresInSeconds, ...order }: TokenOrder, nowMs: number): CreatedToken {
  const id = randomBytes(ID_BYTES).toString('hex')
  const text = `${PREFIX}${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const expiresAtMs = expiresInSeconds === undefined ? null : nowMs + expiresInSeconds * 1000
  return { token: { id, hash: digestOf(text), ...order, createdAtMs: nowMs, expiresAtMs }, text }
}

/**
 * Returns the SHA-256 of a token, in hexadecimal. A slow hash, as for passwords, would protect nothing here: nobody
 * guesses 256 random bits, and every heartbeat would pay for it. Looking up a digest takes a time that says nothing
 * about the token, as a comparison of the texts would.
 */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}

/**
 * Returns what is wrong with the patterns of a token, worded to follow its name. Only the scope `agent` is limited to
 * some agents: a reader changes none, and an operator decides about all of them.
 */
export function patternsFlaw({ scope, patterns }: Omit<Grant, 'reads'>): string | undefined {
  const hasAll = patterns.length === 1 && patterns[0] === ALL_AGENTS
  if (scope === 'agent' || hasAll) return undefined
  return `must have the pattern ${ALL_AGENTS}: only the scope agent can be limited to some agents`
}

/** Returns what is wrong with the reads of a token, worded to follow its name: they would not limit anything. */
export function readsFlaw(grant: Grant): string | undefined {
  if (grant.reads.includes(ALL_AGENTS) || visibleTo(grant) !== undefined) return undefined
  if (grant.scope === 'admin') return `must be ${ALL_AGENTS}: the scope admin sees all agents`
  return `must be ${ALL_AGENTS}: a token sees the agents that it may change, and this one may change all`
}

/** Returns who uses a token. */
export function principalOf({ name, scope, patterns, reads }: TokenGrant): Principal {
  const visible = visibleTo({ scope, patterns, reads })
  return { kind: 'token', name, scope, patterns, reads: visible }
}
