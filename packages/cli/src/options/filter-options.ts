import type { AgentFilter } from '@rollcall/client'
import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { choiceOption, keyValue, oneOf, repeated } from './option-values.ts'

/** The options that select agents, like the query parameters of the HTTP interface. */
export interface FilterOptions {
  readonly name?: string
  readonly capability?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly search?: string
  readonly includeDead?: true
}

const status = oneOf(VIEW_STATUSES)

/** Adds the options that select agents. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--name <name>', 'Filter by name, or by a prefix such as "Res*"')
    .option('--capability <word>', 'Filter by capability; repeat to require several', repeated)
    .addOption(
      choiceOption(
        '--status <status>',
        'Filter by status; repeat to allow several',
        VIEW_STATUSES,
      ).argParser((text, before: readonly ViewStatus[] = []) => [...before, status(text)]),
    )
    .option('--metadata <key=value>', 'Filter by metadata; repeat to require several', keyValue)
    .option('-q, --search <words>', 'Filter by words in the id, name, capabilities and metadata')
    .option('--include-dead', 'Include agents whose lease has lapsed')
}

/** Converts the options to a filter of the client. */
export function toFilter({ search, ...options }: FilterOptions): AgentFilter {
  const { name, capability, status, metadata, includeDead } = options
  return { name, capability, status, metadata, q: search, includeDead }
}
