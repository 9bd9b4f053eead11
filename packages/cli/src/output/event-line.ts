import type { AgentEvent } from '@rollcall/client'
import { calendarDay, clockTime } from './age.ts'
import { columns, isTerminal, type Look, paint } from './terminal.ts'
import { fold, pad, printable } from './text-width.ts'

/** The kinds of a change, and that an agent was there already. */
type ToldType = AgentEvent['type'] | 'snapshot'

const LOOKS: Readonly<Record<ToldType, Look>> = {
  registered: 'green',
  revived: 'green',
  entered: 'green',
  updated: 'cyan',
  expired: 'red',
  removed: 'red',
  deregistered: 'yellow',
  left: 'yellow',
  snapshot: 'dim',
}

const TYPE_WIDTH = Math.max(...Object.keys(LOOKS).map((type) => type.length))

/** Fits most ids; a longer one pushes its reason to the right. */
const ID_WIDTH = 16

/** One line about a change. */
export interface EventLine {
  readonly at: Date
  readonly type: ToldType
  /** Left out where all lines are about one agent. */
  readonly agentId?: string
  readonly reason: string
}

/** For people the time of the day and columns; for programs the whole time and tabs. */
export function eventLine({ at, type, agentId, reason }: EventLine): string {
  const text = printable(reason)
  if (!isTerminal) {
    return [at.toISOString(), type, ...(agentId === undefined ? [] : [agentId]), text].join('\t')
  }
  const id = agentId === undefined ? [] : [pad(agentId, ID_WIDTH)]
  const word = pad(type, TYPE_WIDTH)
  const indent = [clockTime(at), word, ...id, ''].join('  ').length
  const folded = fold(text, columns() - indent).join(`\n${' '.repeat(indent)}`)
  return [paint('dim', clockTime(at)), paint(LOOKS[type], word), ...id, folded].join('  ')
}

/** A line between events of different days; empty between events of one day, and for programs. */
export function dayLine(at: Date, before: Date): string {
  const day = calendarDay(at)
  return isTerminal && day !== calendarDay(before) ? `${paint('dim', `-- ${day} --`)}\n` : ''
}
