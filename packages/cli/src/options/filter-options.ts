import type { AgentFilter } from '@rollcall/client'
import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import type { Command } from 'commander'
import { choiceOption, keyValue, oneOf, repeated } from './option-values.ts'

/** The options that choose agents, as the HTTP interface has them. */
export interface FilterOptions {
  readonly name?: string
  readonly capability?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly search?: string
  readonly includeDead?: true
}

const status = oneOf(VIEW_STATUSES)

/** Adds the options that choose agents. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--name <name>', 'this name, or names that begin so: "Res*"')
    .option('--capability <word>', 'can do this; repeat for all of several', repeated)
    .addOption(
      choiceOption(
        '--status <status>',
        'in this status; repeat for any of several',
        VIEW_STATUSES,
      ).argParser((text, before: readonly ViewStatus[] = []) => [...before, status(text)]),
    )
    .option('--metadata <key=value>', 'has this metadata; repeat for all of several', keyValue)
    .option('-q, --search <words>', 'words found anywhere in id, name, capabilities, metadata')
    .option('--include-dead', 'also those whose lease has lapsed')
}

/** What the client is asked for. */
export function toFilter({ search, ...options }: FilterOptions): AgentFilter {
  const { name, capability, status, metadata, includeDead } = options
  return { name, capability, status, metadata, q: search, includeDead }
}
