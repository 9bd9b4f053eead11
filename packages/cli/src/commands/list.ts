import type { Agent, AgentQuery, DiscoveryClient } from '@rollcall/client'
import { AGENT_SORTS, type AgentSort, LIMITS } from '@rollcall/protocol'
import type { Command } from 'commander'
import { addFilterOptions, type FilterOptions, toFilter } from '../options/filter-options.ts'
import { choiceOption, count } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { agentFields, agentTable } from '../output/agent-table.ts'
import { CommandFailure } from '../output/failure.ts'
import { showLiveTable } from '../output/live-table.ts'
import { columns, isTerminal, print, printHint } from '../output/terminal.ts'
import { wireAgent } from '../output/wire-names.ts'

import { withRegistry } from '../registry/with-registry.ts'

interface ListOptions extends RegistryOptions, FilterOptions {
  readonly sort?: AgentSort
  readonly limit?: number
  readonly wide?: true
  readonly watch?: true
}

const EXAMPLES = [
  'rollcall list',
  'rollcall list --capability search --status ready',
  'rollcall list --metadata region=eu-1 --sort -load --limit 10',
  'rollcall list --watch',
  'rollcall list | cut -f 2                        the ids',
  "rollcall list --json | jq -r '.[].url'",
]

/** `rollcall list` lists agents. */
export function listCommand(): Command {
  return addFilterOptions(registryCommand('list', EXAMPLES))
    .description('List the agents that are alive.')
    .addOption(choiceOption('--sort <order>', 'Sort order', AGENT_SORTS).default('agent_id'))
    .option('--limit <number>', 'Maximum number of agents', count)
    .option('--wide', 'Show all columns without truncation')
    .option('--watch', 'Keep the table current until q or Ctrl-C')
    .addHelpText(
      'after',
      `
On a terminal, BEAT is the time since the last heartbeat and LEFT the time until
the lease lapses. Otherwise, each line has tab-separated fields: name, id, url,
status, capabilities, seconds since the last heartbeat, seconds left, load, ttl,
version, metadata, maintenance.`,
    )
    .action((options: ListOptions) =>
      withRegistry(options, (registry) =>
        options.watch ? watchList(registry, options) : printList(registry, options),
      ),
    )
}

async function watchList(registry: DiscoveryClient, options: ListOptions): Promise<void> {
  if (!isTerminal || options.json) {
    throw new CommandFailure(
      'USAGE',
      'list --watch requires a terminal; without one, use rollcall watch',
    )
  }
  const { sort, limit, wide = false } = options
  await showLiveTable(registry, { filter: toFilter(options), sort, limit, wide })
}

async function printList(registry: DiscoveryClient, options: ListOptions): Promise<void> {
  const printPage = options.json ? jsonPrinter() : isTerminal ? tablePrinter(options) : printFields
  let found = 0
  for await (const page of firstAgents(registry, options)) {
    // Printed after the first response, so that stdout stays empty on failure.
    if (options.json && found === 0) await print('[')
    await printPage(page)
    found += page.length
  }
  if (options.json) await print(found > 0 ? '\n]\n' : ']\n')
  if (found === 0) printHint(noAgentsHint(options))
}

function noAgentsHint({ includeDead, status }: ListOptions): string {
  const includesExpired = includeDead || status?.includes('expired')
  return `No agents.${includesExpired ? '' : ' To include expired agents: --include-dead'}`
}

/** Yields pages of agents, up to the limit. */
async function* firstAgents(
  registry: DiscoveryClient,
  options: ListOptions,
): AsyncGenerator<readonly Agent[], void> {
  let remaining = options.limit ?? Number.POSITIVE_INFINITY
  const limit = Math.min(remaining, LIMITS.pageSize)
  const query: AgentQuery = { ...toFilter(options), sort: options.sort, limit }
  for await (const page of registry.pages(query)) {
    yield page.slice(0, remaining)
    remaining -= page.length
    if (remaining <= 0) return
  }
}

type PagePrinter = (page: readonly Agent[]) => Promise<void>

function tablePrinter(options: ListOptions): PagePrinter {
  let table: ReturnType<typeof agentTable> | undefined
  return async (page) => {
    if (page.length === 0) return
    const isFirstPage = table === undefined
    table ??= agentTable(page, columns(), { wide: options.wide ?? false })
    const lines = page.map((agent) => `${table?.line(agent)}\n`)
    await print((isFirstPage ? `${table.header}\n` : '') + lines.join(''))
  }
}

function jsonPrinter(): PagePrinter {
  let separator = '\n'
  return async (page) => {
    for (const agent of page) {
      await print(separator + JSON.stringify(wireAgent(agent)))
      separator = ',\n'
    }
  }
}

async function printFields(page: readonly Agent[]): Promise<void> {
  await print(page.map((agent) => `${agentFields(agent)}\n`).join(''))
}
