import type { MessagePort } from 'node:worker_threads'
import type { AccessToken } from '../../../access/access-token.ts'
import type { BackupContent } from '../../../domain/backup-source.ts'
import type { Branch } from '../../../domain/history-position.ts'
import type { MaintenanceChange, MaintenanceEntry } from '../../../domain/maintenance.ts'
import type { LeaseTime } from '../../../domain/time-scales.ts'
import type { Webhook } from '../../../webhooks/webhook.ts'
import type { HistoryBounds } from '../../live/journal.ts'
import type { CardRow } from '../schema/cards.ts'
import type { AgentRow, SqlValue } from '../schema/columns.ts'
import type { WebhookWrite } from '../schema/webhooks.ts'

/** A request to the writer thread. Arrays are flat: they cross threads faster. */
export type WriterRequest =
  | {
      readonly kind: 'commit'
      /** Per change: kind, transition type (null: none), at, reason, actor, before, the agent's row. */
      readonly cells: readonly SqlValue[]
      /** The cards that these changes write, in order; absent: none. */
      readonly cards?: readonly CardRow[]
      readonly baseRevision: number
      readonly revision: number
      readonly leaseNow: LeaseTime
      readonly buildsOnPending: boolean
    }
  | {
      readonly kind: 'saveHeartbeats'
      /** Per lease: last_heartbeat, expires_at, lease_deadline, load, agent_id. */
      readonly cells: readonly SqlValue[]
      readonly leaseNow: LeaseTime
      readonly savedTo: LeaseTime
    }
  | { readonly kind: 'saveMaintenance'; readonly change: MaintenanceChange }
  | { readonly kind: 'saveToken'; readonly token: AccessToken }
  | { readonly kind: 'deleteToken'; readonly id: string }
  | { readonly kind: 'writeWebhooks'; readonly write: WebhookWrite }
  | ({ readonly kind: 'trimHistory' } & HistoryBounds)
  /**
   * Sent once everything could be read. Until then nothing is written: the file may be damaged. Replaces
   * the line of branches, unless a thread of the same registry reopens the file.
   */
  | { readonly kind: 'claim'; readonly branches?: readonly Branch[] }
  /** Sent once a second, to check that the files are still in place. */
  | { readonly kind: 'checkFiles' }
  | { readonly kind: 'close' }
  /** Only for an in-memory database, which no other thread can read. */
  | HistoryRequest
  | CardRequest

/** A request for one slice of the history, which may be shorter than the limit. */
export type HistoryRequest =
  | ({
      readonly kind: 'eventsSince'
      readonly revision: number
      readonly limit: number
    } & HistoryBounds)
  | ({
      readonly kind: 'historyOf'
      readonly agentId: string
      readonly before: number
      readonly limit: number
    } & HistoryBounds)

/** A request for the card of an agent. */
export interface CardRequest {
  readonly kind: 'cardOf'
  readonly agentId: string
}

/** A request to the reader thread. */
export type ReaderRequest = HistoryRequest | CardRequest | { readonly kind: 'close' }

/** A request to the backup thread. */
export type BackupRequest =
  | { readonly kind: 'backUp'; readonly to: string }
  /** Ends a running backup. */
  | { readonly kind: 'close' }

/** Cells of one change in `commit` that come before the agent's row. */
export const CHANGE_CELLS = 6
/** The first cell of a change: how it affects the agent's row. */
export const ROW_PUT = 0
export const ROW_DELETE = 1

/** Cells of one heartbeat in `saveHeartbeats`. */
export const HEARTBEAT_CELLS = 5

/** A transition as it is stored. */
export type TransitionRow = AgentRow & {
  readonly transition_revision: number
  readonly type: string
  readonly at: number
  readonly reason: string
  readonly actor: string | null
  /** The filterable state before the transition; null: not recorded. See `rows.ts`. */
  readonly before_traits: string | null
}

/** The response of a thread, in the order of the requests; several arrive in one message. */
export type ThreadResponse =
  | { readonly ok: true; readonly value?: ThreadValue }
  | { readonly ok: false; readonly message: string }

/** The values of a response; the request determines which are present. */
export interface ThreadValue {
  /** The first response, once the file is open and locked. */
  readonly ready?: WriterReady
  /** Of `eventsSince` and `historyOf`. */
  readonly slice?: HistorySlice
  /** Of `cardOf`; null: the agent has none. */
  readonly card?: string | null
  /** Of `trimHistory`: whether there is more to trim. */
  readonly more?: boolean
  /** Of `checkFiles`. */
  readonly files?: FileStats
  /** Of `backUp`. */
  readonly backup?: BackupContent
}

/** A slice of the history, oldest first. */
export interface HistorySlice {
  /** Revision of the oldest transition within the bounds; null: there is none. */
  readonly oldest: number | null
  readonly rows: readonly TransitionRow[]
  /** Whether the size limit cut the slice short: more rows follow in the next slice. */
  readonly isTruncated: boolean
}

/** The result of a file check. */
export interface FileStats {
  /** Number of names of the database; more than one: hard links. */
  readonly links: number
  /** Size of the write-ahead log. */
  readonly walBytes: number
}

/** Start options of the writer thread. */
export interface WriterOptions {
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string
  /** Fail if the file does not exist, instead of creating it. */
  readonly mustExist?: boolean
}

/** Start options of the threads that read. */
export interface ReaderOptions {
  readonly path: string
  /** Identity of the files that the writer has open; see `WriterReady`. */
  readonly identity: string
}

/** The data passed to a thread: how to open the file, and the port for requests and responses. */
export interface ThreadData<Options> {
  readonly options: Options
  readonly port: MessagePort
}

/** What the writer thread reports about the file that it has opened. */
export interface WriterReady {
  readonly epoch: string
  /** The line of branches. */
  readonly branches: readonly Branch[]
  /** What operators have decided. */
  readonly maintenance: readonly MaintenanceEntry[]
  /** The tokens of callers, oldest first. */
  readonly tokens: readonly AccessToken[]
  /** The webhooks, oldest first. */
  readonly webhooks: readonly Webhook[]
  readonly revision: number
  readonly leaseNow: LeaseTime
  readonly savedTo: LeaseTime
  /** Process that last claimed the file. */
  readonly ownerPid: number | null
  /** Whether that is this process. */
  readonly isOurs: boolean
  /** Identifies the open files; see `identityOf`. */
  readonly identity: string
}
