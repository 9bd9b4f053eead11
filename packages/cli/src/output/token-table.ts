import type { Token } from '@rollcall/protocol'
import { type Column, Table } from './table.ts'
import { columns, isTerminal } from './terminal.ts'
import { printable } from './text-width.ts'
import { formatShortDuration } from './time-format.ts'

const TABLE_COLUMNS: readonly Column<Token>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'NAME', text: ({ name }) => printable(name), shrink: { minWidth: 8, priority: 3 } },
  { title: 'SCOPE', text: ({ scope }) => scope },
  {
    title: 'AGENTS',
    text: ({ agents }) => printable(agents.join(',')),
    shrink: { minWidth: 8, priority: 2 },
  },
  {
    title: 'READS',
    text: ({ reads }) => printable(reads.join(',')),
    shrink: { minWidth: 6, priority: 2 },
  },
  { title: 'EXPIRES', text: expiry, style: (token) => (isExpired(token) ? 'red' : undefined) },
  {
    title: 'BY',
    text: ({ created_by: by }) => printable(by),
    shrink: { minWidth: 6, priority: 1 },
  },
]

/** Formats tokens: a table on a terminal, else tab-separated fields. */
export function tokenLines(tokens: readonly Token[]): string[] {
  if (!isTerminal) return tokens.map((token) => `${fieldsOf(token).join('\t')}\n`)
  const table = new Table(TABLE_COLUMNS, tokens, columns())
  return [table.header, ...tokens.map((token) => table.line(token))].map((line) => `${line}\n`)
}

function fieldsOf({ id, name, scope, agents, reads, expires_at, created_by }: Token): string[] {
  return [
    id,
    printable(name),
    scope,
    printable(agents.join(',')),
    expires_at ?? '',
    printable(created_by),
    printable(reads.join(',')),
  ]
}

function expiry(token: Token): string {
  if (token.expires_at === null) return 'never'
  if (isExpired(token)) return 'expired'
  return `in ${formatShortDuration((Date.parse(token.expires_at) - Date.now()) / 1000)}`
}

function isExpired({ expires_at }: Token): boolean {
  return expires_at !== null && Date.parse(expires_at) <= Date.now()
}
