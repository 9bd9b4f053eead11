import type { MaintenanceEntry } from '@rollcall/client'
import type { Command } from 'commander'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { type Column, Table } from '../output/table.ts'
import { columns, isTerminal, print, printHint } from '../output/terminal.ts'
import { printable } from '../output/text-width.ts'
import { formatShortDuration, secondsSince } from '../output/time-format.ts'
import { wireMaintenance } from '../output/wire-names.ts'
import { callForMaintenance } from '../registry/maintenance-call.ts'
import { withRegistry } from '../registry/with-registry.ts'

const TABLE_COLUMNS: readonly Column<MaintenanceEntry>[] = [
  { title: 'AGENTS', text: ({ pattern }) => pattern },
  {
    title: 'SINCE',
    text: ({ since }) => formatShortDuration(secondsSince(since, Date.now())),
    align: 'right',
  },
  { title: 'BY', text: ({ by }) => printable(by), shrink: { minWidth: 6, priority: 2 } },
  {
    title: 'REASON',
    text: ({ reason }) => printable(reason),
    shrink: { minWidth: 8, priority: 1 },
  },
]

/** `rollcall maintenance` lists what operators have put into maintenance. */
export function maintenanceCommand(): Command {
  return registryCommand('maintenance', ['rollcall maintenance'])
    .description('List what is in maintenance; see drain and ready.')
    .addHelpText(
      'after',
      `
On a terminal, SINCE is the time since it began. Otherwise, each line has
tab-separated fields: agents, seconds since it began, by, reason.`,
    )
    .action((options: RegistryOptions) =>
      withRegistry(options, async (registry) => {
        const entries = await callForMaintenance(registry, (api) => api.maintenance())
        if (options.json) await print(`${JSON.stringify(entries.map(wireMaintenance))}\n`)
        else if (entries.length === 0) printHint('Nothing is in maintenance.')
        else await print(linesOf(entries).join(''))
      }),
    )
}

function linesOf(entries: readonly MaintenanceEntry[]): string[] {
  if (!isTerminal) return entries.map((entry) => `${fieldsOf(entry).join('\t')}\n`)
  const table = new Table(TABLE_COLUMNS, entries, columns())
  return [table.header, ...entries.map((entry) => table.line(entry))].map((line) => `${line}\n`)
}

function fieldsOf({ pattern, since, by, reason }: MaintenanceEntry): (string | number)[] {
  return [pattern, secondsSince(since, Date.now()), printable(by), printable(reason)]
}
