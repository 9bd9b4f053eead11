import type { Agent, AgentQuery } from '@rollcall/client'
import { AGENT_SORTS, type AgentSort, LIMITS } from '@rollcall/protocol'
import type { Command } from 'commander'
import { addFilterOptions, type FilterOptions, toFilter } from '../options/filter-options.ts'
import { choiceOption, count } from '../options/option-values.ts'
import { type RegistryOptions, registryCommand } from '../options/registry-options.ts'
import { agentFields, agentTable } from '../output/agent-table.ts'
import { CommandFailure } from '../output/failure.ts'
import { showLiveTable } from '../output/live-table.ts'
import { columns, isTerminal, print, remark } from '../output/terminal.ts'
import { wireAgent } from '../output/wire-names.ts'
import type { CommandRegistry } from '../registry/command-registry.ts'
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

/** `rollcall list`: who is there. */
export function listCommand(): Command {
  return addFilterOptions(registryCommand('list', EXAMPLES))
    .description('List the agents that are alive.')
    .addOption(choiceOption('--sort <order>', 'what comes first', AGENT_SORTS).default('agent_id'))
    .option('--limit <number>', 'at most so many', count)
    .option('--wide', 'all there is to know of each agent, uncut')
    .option('--watch', 'keep the table current until q or Ctrl-C')
    .addHelpText(
      'after',
      `
On a terminal BEAT is the time since the last heartbeat, LEFT the time until the
lease lapses. Elsewhere, one line for each agent, separated by tabs: name, id,
url, status, capabilities, seconds since the last heartbeat, seconds left, load,
ttl, version, metadata.`,
    )
    .action((options: ListOptions) =>
      withRegistry(options, (registry) =>
        options.watch ? watchList(registry, options) : printList(registry, options),
      ),
    )
}

async function watchList(registry: CommandRegistry, options: ListOptions): Promise<void> {
  if (!isTerminal || options.json) {
    throw new CommandFailure('USAGE', 'list --watch needs a terminal; elsewhere: rollcall watch')
  }
  const { sort, limit, wide = false } = options
  await showLiveTable(registry, { filter: toFilter(options), sort, limit, wide })
}

async function printList(registry: CommandRegistry, options: ListOptions): Promise<void> {
  const printPage = options.json ? jsonPrinter() : isTerminal ? tablePrinter(options) : printFields
  let found = 0
  for await (const page of firstAgents(registry, options)) {
    // Not before there is an answer: a failure is to leave stdout empty.
    if (options.json && found === 0) await print('[')
    await printPage(page)
    found += page.length
  }
  if (options.json) await print(found > 0 ? '\n]\n' : ']\n')
  if (found === 0) remark(nobody(options))
}

function nobody({ includeDead, status }: ListOptions): string {
  const wereDeadAsked = includeDead || status?.includes('expired')
  return `No agents.${wereDeadAsked ? '' : ' With those whose lease has lapsed: --include-dead'}`
}

/** Pages of agents, up to the limit. */
async function* firstAgents(
  registry: CommandRegistry,
  options: ListOptions,
): AsyncGenerator<readonly Agent[], void> {
  let room = options.limit ?? Number.POSITIVE_INFINITY
  const limit = Math.min(room, LIMITS.pageSize)
  const query: AgentQuery = { ...toFilter(options), sort: options.sort, limit }
  for await (const page of registry.pages(query)) {
    yield page.slice(0, room)
    room -= page.length
    if (room <= 0) return
  }
}

type PagePrinter = (page: readonly Agent[]) => Promise<void>

function tablePrinter(options: ListOptions): PagePrinter {
  let table: ReturnType<typeof agentTable> | undefined
  return async (page) => {
    if (page.length === 0) return
    const begins = table === undefined
    table ??= agentTable(page, columns(), { wide: options.wide ?? false })
    const lines = page.map((agent) => `${table?.line(agent)}\n`)
    await print((begins ? `${table.header}\n` : '') + lines.join(''))
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
