/** What happened, for programs. */
type NoticeKind =
  | 'registered'
  | 'reregistered'
  | 'deregistered'
  /** The registry does not answer; it is asked again. */
  | 'unreachable'
  /** The registry answers, and says no; it is asked again. */
  | 'refused'
  /** The registry answers again, or takes the agent again. */
  | 'recovered'
  /** The program has not passed its first check yet. */
  | 'waiting'
  | 'check_failed'
  | 'check_recovered'
  /** It did not pass its first check in time, and is ended. */
  | 'check_timeout'
  /** It did not end in time, and is killed. */
  | 'killed'
  /** It ended and left processes behind, which are ended. */
  | 'left_behind'
  | 'not_started'
  /** The registry took the agent, and doubts something about it. */
  | 'warning'
  /** What was typed makes no agent. */
  | 'usage'

/** Tells the user one thing, on stderr: stdout belongs to the program that runs. */
export type Notify = (kind: NoticeKind, message: string) => void

/** Writes a notice as a line of its own, marked as ours. */
export const notifyInWords: Notify = (_kind, message) => {
  process.stderr.write(`rollcall: ${inOneLine(message)}\n`)
}

/** Writes a notice as a line of JSON, for programs that watch over this one. */
export function notifyAsJson(agentId: string): Notify {
  return (event, message) => {
    const time = new Date().toISOString()
    const notice = { time, event, agent_id: agentId, message: inOneLine(message) }
    process.stderr.write(`${JSON.stringify(notice)}\n`)
  }
}

/** Whatever a foreign error message holds. */
function inOneLine(message: string): string {
  return message.replaceAll(/\s*\n\s*/g, ' ')
}
