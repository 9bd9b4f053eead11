/** Exit codes of the command. */
export const EXIT_CODES = {
  /** The command succeeded. */
  ok: 0,
  /** The command failed. */
  failed: 1,
  /** Usage error: an unknown option or an invalid value. */
  usage: 2,
  /** `rollcall run --on-superseded stop`: another instance has registered the agent. */
  superseded: 3,
} as const
