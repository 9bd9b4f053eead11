import type { AccessToken } from '../../access/access-token.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { MaintenanceEntry } from '../../domain/maintenance.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Webhook } from '../../webhooks/webhook.ts'

/** Where a registry stood when it was copied. */
export interface SnapshotPosition extends HistoryPosition {
  /** Unix time in milliseconds at which the leases of the snapshot have what is left of them. */
  readonly atMs: number
  /** What operators have decided. */
  readonly maintenance: readonly MaintenanceEntry[]
  /** The tokens of callers; absent in an export, which others may read. */
  readonly tokens?: readonly AccessToken[] | undefined
  /** The webhooks, with their secrets; absent in an export, which others may read. */
  readonly webhooks?: readonly Webhook[] | undefined
  /** Agents, dead or alive. */
  readonly agents: number
  /** Transitions of the history. */
  readonly transitions: number
}

/** An agent with its card. */
export interface CopiedAgent {
  readonly agent: AgentRecord
  /** The text of its card; undefined: it has none. */
  readonly card: string | undefined
}

/** A registry as of one moment, to be copied. */
export interface RegistrySnapshot extends AsyncDisposable {
  readonly position: SnapshotPosition
  /** Reads all agents in the order of their ids. `alive`: their expiry is not recorded. */
  agents(): AsyncIterable<readonly CopiedAgent[]>
  /** Reads the whole history, oldest first. */
  transitions(): AsyncIterable<readonly Transition[]>
}

/** An empty store that a snapshot is copied to. Nothing is visible in it before {@link finish}. */
export interface RegistryTarget {
  /**
   * Adds agents, each with what is left of its lease.
   *
   * @param atMs `atMs` of the snapshot
   */
  addAgents(agents: readonly CopiedAgent[], atMs: number): Promise<void>
  /** Adds transitions, in order. */
  addTransitions(transitions: readonly Transition[]): Promise<void>
  /** Completes the copy, with the maintenance. */
  finish(position: SnapshotPosition): Promise<void>
  /** Closes the store; without {@link finish}, nothing has changed. */
  close(): Promise<void>
}
