import type { AgentRow, SqlValue } from './sqlite-columns.ts'

/** What the repository asks of its writer thread. Arrays are flat: they cross threads faster. */
export type WriterRequest =
  | {
      readonly kind: 'commit'
      /** Per change: kind, transition type (null: none), at, reason, then the agent's row. */
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
  | { readonly kind: 'eventsSince'; readonly revision: number; readonly limit: number }
  /** Once everything could be read. Until then nothing is written: the file may be damaged. */
  | { readonly kind: 'claim' }
  | { readonly kind: 'close' }

/** Cells of one change in `commit` that come before the agent's row. */
export const CHANGE_CELLS = 4
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
}

/** What the writer thread answers, in the order of the requests; several come together. */
export type WriterResponse =
  | { readonly ok: true; readonly value?: WriterValue }
  | { readonly ok: false; readonly message: string }

export interface WriterValue {
  readonly oldest: number
  readonly rows: readonly TransitionRow[]
}

/** What the writer thread is started with. */
export interface WriterOptions {
  /** Absolute path of the file, or `:memory:`. */
  readonly path: string
  readonly historyLimit: number
}

/** What the writer thread says first, once the file is open and ours. */
export interface WriterReady {
  readonly epoch: string
  readonly revision: number
  readonly leaseNow: number
  readonly savedTo: number
}
