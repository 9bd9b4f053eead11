import type { AgentEvent } from '@rollcall/client'
import { columns, isTerminal, paint, type Style } from './terminal.ts'
import { pad, printable, wrap } from './text-width.ts'
import { formatDate, formatTime } from './time-format.ts'

/** Types of events, including agents of the initial snapshot. */
type EventType = AgentEvent['type'] | 'snapshot'

const STYLES: Readonly<Record<EventType, Style>> = {
  registered: 'green',
  revived: 'green',
  entered: 'green',
  updated: 'cyan',
  replaced: 'yellow',
  expired: 'red',
  removed: 'red',
  deregistered: 'yellow',
  left: 'yellow',
  snapshot: 'dim',
}

const TYPE_WIDTH = Math.max(...Object.keys(STYLES).map((type) => type.length))

/** Fits most ids; a longer one shifts the reason to the right. */
const ID_WIDTH = 16

/** What the actor of an anonymous caller begins with. Without access control all are; `audit` shows them as well. */
const ANONYMOUS = 'anonymous ('

/** The fields of an event line. */
export interface EventLine {
  readonly at: Date
  readonly type: EventType
  /** Omitted if all lines are for the same agent. */
  readonly agentId?: string
  readonly reason: string
  /** Who asked for it; null: nobody. Omitted if the line does not say. On a terminal, only principals are shown. */
  readonly actor?: string | null
}

/** Formats an event: local time and columns on a terminal; otherwise ISO time and tabs. */
export function eventLine({ at, type, agentId, reason, actor }: EventLine): string {
  const text = printable(reason)
  if (!isTerminal) {
    const subject = agentId === undefined ? [] : [agentId]
    const author = actor === undefined ? [] : [printable(actor ?? '-')]
    return [at.toISOString(), type, ...subject, text, ...author].join('\t')
  }
  const by = actor && !actor.startsWith(ANONYMOUS) ? ` (by ${printable(actor)})` : ''
  const id = agentId === undefined ? [] : [pad(agentId, ID_WIDTH)]
  const word = pad(type, TYPE_WIDTH)
  const indent = [formatTime(at), word, ...id, ''].join('  ').length
  const wrapped = wrap(text + by, columns() - indent).join(`\n${' '.repeat(indent)}`)
  return [paint('dim', formatTime(at)), paint(STYLES[type], word), ...id, wrapped].join('  ')
}

/**
 * Returns a separator between events of different days; empty within a day and without a terminal.
 */
export function dayLine(at: Date, before: Date): string {
  const day = formatDate(at)
  return isTerminal && day !== formatDate(before) ? `${paint('dim', `-- ${day} --`)}\n` : ''
}
