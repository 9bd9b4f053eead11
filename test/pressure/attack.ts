import type { Size } from './sizes.ts'

/** The storage of a registry. */
export type Store = 'sqlite' | 'postgres'

export const STORES: readonly Store[] = ['sqlite', 'postgres']

/** A result of an attack beyond the common figures. */
export interface Finding {
  readonly what: string
  /** A number with its unit, or text. */
  readonly value: number | string
  readonly unit?: string
  /** Whether the value is acceptable; undefined for information only. */
  readonly isGood?: boolean
  /** Depends on the speed of the machine, and has no goal where that is unknown. */
  readonly isTimed?: boolean
}

/** What an attack can access. It runs in its own process. */
export interface AttackContext {
  readonly store: Store
  readonly size: Size
  /** URL of each node. */
  readonly urls: readonly string[]
  /** URL of the first node. */
  readonly url: string
  /** The file of the registry; undefined on PostgreSQL. */
  readonly file: string | undefined
  /** URL of the database for a superuser; undefined on SQLite. */
  readonly databaseUrl: string | undefined
  /** Stops a node with a signal; resolves with the milliseconds until it has exited. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number>
  /** Restarts a stopped node; resolves as soon as its process runs. */
  readonly start: () => Promise<void>
}

/** Something that a client, an operator or a failure may do to a registry. */
export interface Attack {
  readonly name: string
  readonly title: string
  readonly stores: readonly Store[]
  /** How to start the registry for it. */
  readonly registry?: RegistryTraits
  /** Seconds after which the attack is stopped; default: those of the size. */
  readonly seconds?: (size: Size) => number
  /** No heartbeat can succeed during the attack, whatever the registry does: p99 has no goal. */
  readonly isOutage?: true
  /** Largest p99 of heartbeats in milliseconds that counts as withstood; default: that of every attack. */
  readonly p99GoalMs?: number
  /** The registry need not serve afterwards: it has lost its storage for good. */
  readonly isForGood?: true
  /** Whether each heartbeat opens a new connection; default false. */
  readonly hasNewConnections?: true
  /** Sets up the attack; not measured. */
  readonly prepare?: (context: AttackContext) => Promise<void>
  /**
   * Runs the attack. It ends by itself or when the signal is aborted, and releases everything by
   * then.
   */
  readonly attack: (context: AttackContext, signal: AbortSignal) => Promise<Finding[] | undefined>
  /** Collects findings after all measurements. */
  readonly inspect?: (context: AttackContext) => Promise<Finding[]>
}

/** How to start the registry of an attack. */
export interface RegistryTraits {
  /** Nodes on PostgreSQL; default 1. */
  readonly nodes?: number
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
  /** Limit of open files of the process. */
  readonly openFiles?: number
  /**
   * Limit of its heap in megabytes (`--max-old-space-size`); default: that of Node on this machine.
   */
  readonly heapMegabytes?: number
  /** Path to write the log to; default: a pipe to the runner. */
  readonly log?: string
}
