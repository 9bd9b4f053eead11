/** Milliseconds without any node above which lease time stands still. */
export const STALL_MS = 1000
/** Milliseconds after which a node that does not announce itself no longer counts as running. */
export const NODE_TIMEOUT_MS = 2000
/** Milliseconds after which the row of such a node is deleted. */
export const NODE_RETENTION_MS = 10_000
/** Milliseconds after which another node takes over from a sweeper that does not sweep. */
export const SWEEPER_TIMEOUT_MS = 400
/** Milliseconds that a sweep waits for a lock: it holds the row of the time, which other nodes need. */
export const SWEEP_LOCK_TIMEOUT_MS = 500
/** Milliseconds that a heartbeat waits for the lock of a table; it waits for no row. */
export const HEARTBEAT_LOCK_TIMEOUT_MS = 2000
