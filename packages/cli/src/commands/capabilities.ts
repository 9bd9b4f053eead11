import type { CapabilityCount } from '@rollcall/protocol'
import type { Command } from 'commander'
import { count } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { type Column, Table } from '../output/table.ts'
import { columns, isTerminal, print, printHint } from '../output/terminal.ts'
import { printable } from '../output/text-width.ts'
import { withRegistry } from '../registry/with-registry.ts'

interface CapabilitiesOptions extends RegistryOptions {
  readonly search?: string
  readonly limit?: number
  readonly includeDead?: true
}

/** The counts of a capability, in the order of the columns. */
const COUNTS = ['alive', 'ready', 'busy', 'draining', 'suspect', 'expired'] as const

const TABLE_COLUMNS: readonly Column<CapabilityCount>[] = [
  {
    title: 'CAPABILITY',
    text: ({ name }) => printable(String(name)),
    shrink: { minWidth: 12, priority: 1 },
  },
  ...COUNTS.map(
    (name): Column<CapabilityCount> => ({
      title: name.toUpperCase(),
      text: (counts) => printable(String(counts[name])),
      align: 'right',
    }),
  ),
]

/** `rollcall capabilities` lists what agents can do. */
export function capabilitiesCommand(): Command {
  return registryCommand('capabilities', [
    'rollcall capabilities',
    'rollcall capabilities --search sea --limit 10',
    "rollcall capabilities --json | jq -r '.capabilities[].name'",
  ])
    .description('List what agents can do, and how many agents can do it.')
    .option('-q, --search <text>', 'Filter by a part of the name')
    .option('--limit <number>', 'Maximum number of capabilities, up to 1000 (default: 100)', count)
    .option('--include-dead', 'Include capabilities that only expired agents have')
    .addHelpText(
      'after',
      `
Those that most agents have come first. Without a terminal, each line has
tab-separated fields: capability, alive, ready, busy, draining, suspect,
expired.`,
    )
    .action((options: CapabilitiesOptions) =>
      withRegistry(options, async (registry) => {
        const { search: q, limit, includeDead } = options
        const found = await registry.api.capabilities({ q, limit, includeDead })
        if (options.json) return await print(`${JSON.stringify(found)}\n`)
        await print(linesOf(found.capabilities).join(''))
        if (found.capabilities.length === 0) printHint('No agent names such a capability.')
        else if (!found.complete) printHint('There are more: --limit, or --search.')
      }),
    )
}

function linesOf(counts: readonly CapabilityCount[]): string[] {
  if (!isTerminal) return counts.map((each) => `${fieldsOf(each).join('\t')}\n`)
  if (counts.length === 0) return []
  const table = new Table(TABLE_COLUMNS, counts, columns())
  return [table.header, ...counts.map((each) => table.line(each))].map((line) => `${line}\n`)
}

function fieldsOf(counts: CapabilityCount): string[] {
  return ['name' as const, ...COUNTS].map((name) => printable(String(counts[name])))
}
