import type { Caller } from '../domain/caller.ts'

/** Principals that own agents. */
export const ANN: Caller = { kind: 'token', name: 'ann', scope: 'agent' }
export const BO: Caller = { kind: 'token', name: 'bo', scope: 'agent' }
/** May change the agents of all. */
export const ADMIN: Caller = { kind: 'token', name: 'root', scope: 'admin' }
/** A caller of a registry without access control. */
export const ANYBODY: Caller = {
  kind: 'anonymous',
  name: 'anonymous',
  scope: 'admin',
  address: '192.0.2.1',
}
