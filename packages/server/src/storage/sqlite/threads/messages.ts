import type { MessagePort } from 'node:worker_threads'
import type { HistoryBounds } from '../../live/journal.ts'
import type { AgentRow, SqlValue } from '../schema/columns.ts'

/** What the repository asks of its writer thread. Arrays are flat: they cross threads faster. */
export type WriterRequest =
  | {
      readonly kind: 'commit'
      /** Per change: kind, transition type (null: none), at, reason, before, the agent's row. */
      readonly cells: readonly SqlValue[]
      readonly baseRevision: number
      readonly revision: number
      readonly leaseNow: number
      readonly buildsOnPending: boolean
    }
  | {
      readonly kind: 'saveHeartbeats'
      /** Per lease: last_heartbeat, expires_at, lease_deadline, load, agent_id. */
      readonly cells: readonly SqlValue[]
      readonly leaseNow: number
      readonly savedTo: number
    }
  | ({ readonly kind: 'trimHistory' } & HistoryBounds)
  /** Once everything could be read. Until then nothing is written: the file may be damaged. */
  | { readonly kind: 'claim' }
  /** Once a second: whether the files are still where they were. */
  | { readonly kind: 'checkFiles' }
  | { readonly kind: 'close' }
  /** Only for a database in memory, which no other thread can read. */
  | HistoryRequest

/** What is read from the history: one slice of it, which may be shorter than the limit. */
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

/** What the repository asks of its reader thread. */
export type ReaderRequest = HistoryRequest | { readonly kind: 'close' }

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
  /** What filters look at, as it was before; null: nothing was noted. See `rows.ts`. */
  readonly before_traits: string | null
}

/** What a thread answers, in the order of the requests; several come together. */
export type ThreadResponse =
  | { readonly ok: true; readonly value?: ThreadValue }
  | { readonly ok: false; readonly message: string }

/** The values of responses; which of them are there follows from the request. */
export interface ThreadValue {
  /** First of all, once the file is open and ours. */
  readonly ready?: WriterReady
  /** Of `eventsSince` and `historyOf`. */
  readonly slice?: HistorySlice
  /** Of `trimHistory`: there is more to trim. */
  readonly more?: boolean
  /** Of `checkFiles`. */
  readonly files?: FileStats
}

/** Some transitions of the history, oldest first. */
export interface HistorySlice {
  /** Revision of the oldest transition within the bounds; null: there is none. */
  readonly oldest: number | null
  readonly rows: readonly TransitionRow[]
  /** Rows beyond these were left for the next slice, because these are large. */
  readonly isCut: boolean
}

/** What was seen of the files. */
export interface FileStats {
  /** Names that the database has; more than one are hard links. */
  readonly links: number
  /** Size of the write-ahead log. */
  readonly walBytes: number
}

/** What the writer thread is started with. */
export interface WriterOptions {
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string
  /** The file is there already: when it is not, the thread must not make a new one. */
  readonly mustExist?: boolean
}

/** What the reader thread is started with. */
export interface ReaderOptions {
  readonly path: string
  /** Of the files that the writer has open; see `WriterReady`. */
  readonly identity: string
}

/** What a thread takes: how to open the file, and the port for requests and responses. */
export interface ThreadData<Options> {
  readonly options: Options
  readonly port: MessagePort
}

/** What the writer thread says of the file that it has opened. */
export interface WriterReady {
  readonly epoch: string
  readonly revision: number
  readonly leaseNow: number
  readonly savedTo: number
  /** Process that claimed the file last. */
  readonly ownerPid: number | null
  /** That is this process. */
  readonly isOurs: boolean
  /** Identifies the open files; see `identityOf`. */
  readonly identity: string
}
