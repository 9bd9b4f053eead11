import type { Finding, Store } from '../attack.ts'

/** What the process of an attack is started with. */
export interface AttackerOptions {
  readonly attack: string
  readonly sizeName: string
  readonly store: Store
  readonly urls: readonly string[]
  readonly file: string | undefined
  readonly databaseUrl: string | undefined
}

/** What an attack does, one after the other. */
export type AttackStep = 'prepare' | 'attack' | 'inspect'

/** To the process of an attack. */
export type ToAttacker =
  | { readonly step: AttackStep }
  /** The attack has gone on for long enough. */
  | { readonly abort: true }
  /** What it asked for is done. */
  | { readonly request: number; readonly milliseconds: number }

/** From the process of an attack. */
export type FromAttacker =
  | { readonly done: AttackStep; readonly findings: readonly Finding[] }
  | { readonly failed: AttackStep; readonly error: string }
  | { readonly request: number; readonly ask: 'SIGTERM' | 'SIGKILL' | 'start' }
