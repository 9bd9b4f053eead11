import type { Size } from './sizes.ts'

/** What a registry keeps its agents in. */
export type Store = 'sqlite' | 'postgres'

export const STORES: readonly Store[] = ['sqlite', 'postgres']

/** Something that an attack saw, beyond what is measured for all of them. */
export interface Finding {
  readonly what: string
  /** A number with its unit, or words. */
  readonly value: number | string
  readonly unit?: string
  /** Whether it is as it should be; undefined: it is only said. */
  readonly isGood?: boolean
  /** It depends on how fast the machine is, and is not judged where that is not known. */
  readonly isTimed?: true
}

/** What an attack knows of the registry that it is for. It runs in a process of its own. */
export interface AttackContext {
  readonly store: Store
  readonly size: Size
  /** Of each node. */
  readonly urls: readonly string[]
  /** Of the first node. */
  readonly url: string
  /** The file of the registry; undefined on PostgreSQL. */
  readonly file: string | undefined
  /** The database, for a superuser; undefined on SQLite. */
  readonly databaseUrl: string | undefined
  /** Asks for a node to be ended by a signal; resolves when it has, with the milliseconds. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<number>
  /** Asks for a node that has ended to be started again; resolves as soon as it runs. */
  readonly start: () => Promise<void>
}

/** One thing that somebody may do to a registry. */
export interface Attack {
  readonly name: string
  readonly title: string
  readonly stores: readonly Store[]
  /** How the registry is started for it. */
  readonly registry?: RegistryTraits
  /** Seconds after which the attack is ended; default: those of the size. */
  readonly seconds?: (size: Size) => number
  /** No heartbeat can be answered while it lasts, whatever the registry does: p99 is not judged. */
  readonly isOutage?: true
  /** The registry is right not to serve afterwards: what it needs is gone for good. */
  readonly isForGood?: true
  /** Whether each heartbeat comes on a connection of its own; default false. */
  readonly hasNewConnections?: true
  /** What has to be there before; nothing of it is measured. */
  readonly prepare?: (context: AttackContext) => Promise<void>
  /**
   * The attack itself. It ends by itself or when the signal is aborted; then it has let go of
   * everything that it held.
   */
  readonly attack: (context: AttackContext, signal: AbortSignal) => Promise<Finding[] | undefined>
  /** What is looked at when everything has been measured. */
  readonly inspect?: (context: AttackContext) => Promise<Finding[]>
}

/** How the registry of an attack is started. */
export interface RegistryTraits {
  /** Nodes on PostgreSQL; default 1. */
  readonly nodes?: number
  /** Further options of `rollcall serve`. */
  readonly args?: readonly string[]
  /** Open files that the process may have. */
  readonly openFiles?: number
  /** Megabytes of its heap (`--max-old-space-size`); default: what Node takes of this machine. */
  readonly heapMegabytes?: number
  /** The path of what it writes its log to; default: what the runner reads. */
  readonly log?: string
}
