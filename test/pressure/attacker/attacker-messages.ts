import type { Finding, Store } from '../attack.ts'

/** Options of the process of an attack. */
export interface AttackerOptions {
  readonly attack: string
  readonly sizeName: string
  readonly store: Store
  readonly urls: readonly string[]
  readonly file: string | undefined
  readonly databaseUrl: string | undefined
}

/** The steps of an attack, in order. */
export type AttackStep = 'prepare' | 'attack' | 'inspect'

/** Messages to the process of an attack. */
export type ToAttacker =
  | { readonly step: AttackStep }
  /** Stops the attack. */
  | { readonly abort: true }
  /** Confirms a request. */
  | { readonly request: number; readonly milliseconds: number }

/** Messages from the process of an attack. */
export type FromAttacker =
  | { readonly done: AttackStep; readonly findings: readonly Finding[] }
  | { readonly failed: AttackStep; readonly error: string }
  | { readonly request: number; readonly action: 'SIGTERM' | 'SIGKILL' | 'start' }
