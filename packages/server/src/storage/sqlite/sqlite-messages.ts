import type { MessagePort } from 'node:worker_threads'
import type { HistoryBounds } from '../live/journal.ts'
import type { AgentRow, SqlValue } from './sqlite-columns.ts'

/** What the repository asks of its writer thread. Arrays are flat: they cross threads faster. */
export type WriterRequest =
  | {
      readonly kind: 'commit'
      /** Per change: kind, transition type (null: none), at, reason, before, the agent's row. */
      readonly cells: readonly SqlValue[]
      readonly baseRevision: number
      readonly revision: number
      readonly leaseNow: number
    }
  | {
      readonly kind: 'saveHeartbeats'
      /** Per lease: last_heartbeat, expires_at, lease_deadline, load, agent_id. */
      readonly cells: readonly SqlValue[]
      readonly leaseNow: number
      readonly savedTo: number
    }
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
  | ({ readonly kind: 'trimHistory' } & HistoryBounds)
  /** Once everything could be read. Until then nothing is written: the file may be damaged. */
  | { readonly kind: 'claim' }
  /** Once a second: whether the files are still where they were. */
  | { readonly kind: 'checkFiles' }
  | { readonly kind: 'close' }

/** Cells of one change in `commit` that come before the agent's row. */
export const CHANGE_CELLS = 5
/** The first cell of a change: what becomes of the agent's row. */
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
  /** What filters look at, as it was before; null: nothing was noted. See `sqlite-rows.ts`. */
  readonly before_traits: string | null
}

/** What the writer thread answers, in the order of the requests; several come together. */
export type WriterResponse =
  | { readonly ok: true; readonly value?: WriterValue }
  | { readonly ok: false; readonly message: string }

export interface WriterValue {
  /** Of `eventsSince`: revision of the oldest transition within the bounds; null: there is none. */
  readonly oldest?: number | null
  /** Of the two reads, oldest first. */
  readonly rows?: readonly TransitionRow[]
  /** Of `trimHistory`: there is more to trim. */
  readonly more?: boolean
  /** Of `checkFiles`: names that the database has; more than one are hard links. */
  readonly links?: number
}

/** What the writer thread is started with. */
export interface WriterOptions {
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string
}

/** What the thread takes: how to open the file, and the port for requests and responses. */
export interface WriterData {
  readonly options: WriterOptions
  readonly port: MessagePort
}

/** What the writer thread says first, once the file is open and ours. */
export interface WriterReady {
  readonly epoch: string
  readonly revision: number
  readonly leaseNow: number
  readonly savedTo: number
}
