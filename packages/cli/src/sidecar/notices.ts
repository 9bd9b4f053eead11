/** Kinds of notices, for programs. */
type NoticeKind =
  | 'registered'
  | 'reregistered'
  | 'deregistered'
  /** Another instance has registered the agent. */
  | 'superseded'
  /** The registry is unreachable; the call is retried. */
  | 'unreachable'
  /** The registry rejects the call, which is retried. */
  | 'refused'
  /** The registry is reachable again, or accepts the agent again. */
  | 'recovered'
  /** The program has not passed its first check yet. */
  | 'waiting'
  | 'check_failed'
  | 'check_recovered'
  /** The program did not pass its first check in time and is terminated. */
  | 'check_timeout'
  /** The program did not exit in time and is killed. */
  | 'killed'
  /** The program exited and left processes behind, which are terminated. */
  | 'left_behind'
  | 'not_started'
  /** The registry accepted the agent with a warning. */
  | 'warning'
  /** The arguments are invalid. */
  | 'usage'

/** Prints a notice on stderr; stdout belongs to the program. */
export type Notify = (kind: NoticeKind, message: string) => void

/** Prints a notice as a line with the prefix `rollcall:`. */
export const notifyAsText: Notify = (_kind, message) => {
  process.stderr.write(`rollcall: ${toOneLine(message)}\n`)
}

/** Prints a notice as a JSON line, for supervisors. */
export function notifyAsJson(agentId: string): Notify {
  return (event, message) => {
    const time = new Date().toISOString()
    const notice = { time, event, agent_id: agentId, message: toOneLine(message) }
    process.stderr.write(`${JSON.stringify(notice)}\n`)
  }
}

/** Error messages of other programs may contain newlines. */
function toOneLine(message: string): string {
  return message.replaceAll(/\s*\n\s*/g, ' ')
}
