import type { WireWebhook } from '@rollcall/server'
import { type Column, Table } from './table.ts'
import { columns, isTerminal } from './terminal.ts'
import { printable } from './text-width.ts'

const STYLES = { active: undefined, failing: 'yellow', disabled: 'red' } as const

const TABLE_COLUMNS: readonly Column<WireWebhook>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'STATE', text: ({ state }) => state, style: ({ state }) => STYLES[state] },
  { title: 'URL', text: ({ url }) => printable(url), shrink: { minWidth: 16, priority: 2 } },
  { title: 'POSITION', text: ({ position }) => position },
  {
    title: 'LAST ERROR',
    text: ({ last_error: error }) => printable(error ?? ''),
    shrink: { minWidth: 8, priority: 3 },
  },
]

/** Formats webhooks: a table on a terminal, else tab-separated fields. */
export function webhookLines(webhooks: readonly WireWebhook[]): string[] {
  if (!isTerminal) return webhooks.map((webhook) => `${fieldsOf(webhook).join('\t')}\n`)
  const table = new Table(TABLE_COLUMNS, webhooks, columns())
  return [table.header, ...webhooks.map((webhook) => table.line(webhook))].map(
    (line) => `${line}\n`,
  )
}

/** Formats all fields of a webhook, one in a line. */
export function webhookDetails(webhook: WireWebhook): string {
  return Object.entries(webhook)
    .map(([name, value]) => {
      const text =
        typeof value === 'object' && value !== null ? JSON.stringify(value) : `${value ?? '-'}`
      return `${name.padEnd(18)}${printable(text)}\n`
    })
    .join('')
}

function fieldsOf({ id, state, url, position, last_error }: WireWebhook): string[] {
  return [id, state, printable(url), position, printable(last_error ?? '')]
}
