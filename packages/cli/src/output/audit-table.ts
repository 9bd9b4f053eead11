import type { AgentEvent } from '@rollcall/client'
import { type Column, Table } from './table.ts'
import { columns, isTerminal } from './terminal.ts'
import { printable } from './text-width.ts'
import { formatDate, formatTime } from './time-format.ts'

const TABLE_COLUMNS: readonly Column<AgentEvent>[] = [
  { title: 'TIME', text: ({ at }) => `${formatDate(at)} ${formatTime(at)}` },
  { title: 'WHO', text: whoDid, shrink: { minWidth: 8, priority: 2 } },
  { title: 'WHAT', text: ({ type }) => type },
  { title: 'WHY', text: ({ reason }) => printable(reason), shrink: { minWidth: 8, priority: 1 } },
]

/** Formats who changed an agent: a table on a terminal, else tab-separated fields. */
export function auditLines(events: readonly AgentEvent[]): string[] {
  if (!isTerminal) return events.map((event) => `${fieldsOf(event).join('\t')}\n`)
  const table = new Table(TABLE_COLUMNS, events, columns())
  return [table.header, ...events.map((event) => table.line(event))].map((line) => `${line}\n`)
}

function fieldsOf(event: AgentEvent): string[] {
  return [event.at.toISOString(), whoDid(event), event.type, printable(event.reason)]
}

function whoDid({ actor }: AgentEvent): string {
  return printable(actor ?? '-')
}
