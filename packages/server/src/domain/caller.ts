import type { Scope } from '@rollcall/protocol'
import type { Lease } from './lease.ts'

/** Who asks for a change of an agent. Changes without a caller are those of the application itself, or of the registry. */
export interface Caller {
  /** How the caller was identified. */
  readonly kind: 'anonymous' | 'token' | 'jwt' | 'certificate'
  /** The principal: different for callers of different kinds. That of an `anonymous` caller means nothing. */
  readonly name: string
  /** With `admin`, it may also change the agents of others; `none`: it is known, but nothing says what it may do. */
  readonly scope: Scope | 'none'
  /** The IP address of an `anonymous` caller. */
  readonly address?: string | undefined
}

/** Returns to whom belongs what a caller registers; null: to nobody. */
export function ownerOf(caller: Caller | undefined): string | null {
  return caller === undefined || caller.kind === 'anonymous' ? null : caller.name
}

/**
 * Returns whom the history names for a change: a principal, or `anonymous (ADDRESS)`, which no principal can be
 * called; null: nobody asked for it.
 */
export function actorOf(caller: Caller | undefined): string | null {
  if (caller === undefined) return null
  return caller.kind === 'anonymous' ? `anonymous (${caller.address ?? 'unknown'})` : caller.name
}

/** Returns to whom an agent must belong, unless to nobody, for a caller to change it; null: it may change all. */
export function requiredOwner(caller: Caller | undefined): string | null {
  if (caller === undefined || caller.scope === 'admin') return null
  // An anonymous caller may be called as a principal is.
  return ownerOf(caller) ?? ''
}

/** Whether an agent belongs to another principal, and the caller is no admin. */
export function isOwnedByOther(
  { owner }: Pick<Lease, 'owner'>,
  caller: Caller | undefined,
): boolean {
  if (owner === null) return false
  const required = requiredOwner(caller)
  return required !== null && required !== owner
}

/** Whether two changes have the same author, as far as ownership is concerned. */
export function isSameCaller(a: Caller | undefined, b: Caller | undefined): boolean {
  return a === b || (a?.scope === b?.scope && ownerOf(a) === ownerOf(b))
}
