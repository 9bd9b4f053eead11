import type { AgentFilter } from '@rollcall/client'
import { type DetailFilter, VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import { type Command, Option } from 'commander'
import { detailFilterIn, detailFilterOptions } from './detail-options.ts'
import { agentIdPatterns, choiceOption, keyValue, oneOf, repeated } from './option-values.ts'

/** A value for every field of the client's filter, so that a new field does not compile without. */
type ByField<Value> = { readonly [Field in keyof AgentFilter]-?: Value }

/** The options that select agents, like the query parameters of the HTTP interface. */
export interface FilterOptions extends DetailFilter {
  readonly id?: readonly string[]
  readonly name?: string
  readonly capability?: readonly string[]
  readonly tag?: readonly string[]
  readonly status?: readonly ViewStatus[]
  readonly metadata?: Readonly<Record<string, string>>
  readonly search?: string
  readonly includeDead?: true
}

const status = oneOf(VIEW_STATUSES)

/** Adds the options that select agents. */
export function addFilterOptions(command: Command): Command {
  const options: ByField<Option> = {
    agentId: new Option(
      '--id <id>',
      'Filter by id, or by a prefix such as "team-a:*"; repeat to allow several',
    ).argParser(agentIdPatterns),
    name: new Option('--name <name>', 'Filter by name, or by a prefix such as "Res*"'),
    capability: new Option(
      '--capability <word>',
      'Filter by capability; repeat to require several',
    ).argParser(repeated),
    tag: new Option('--tag <word>', 'Filter by tag; repeat to require several').argParser(repeated),
    status: choiceOption(
      '--status <status>',
      'Filter by status; repeat to allow several',
      VIEW_STATUSES,
    ).argParser((text, before: readonly ViewStatus[] = []) => [...before, status(text)]),
    ...detailFilterOptions(),
    metadata: new Option(
      '--metadata <key=value>',
      'Filter by metadata; repeat to require several',
    ).argParser(keyValue),
    q: new Option(
      '-q, --search <words>',
      'Filter by words in the id, name, capabilities, tags, details, skills and metadata',
    ),
    includeDead: new Option('--include-dead', 'Include agents whose lease has lapsed'),
  }
  for (const option of Object.values(options)) command.addOption(option)
  return command
}

/** Converts the options to a filter of the client. */
export function toFilter(options: FilterOptions): AgentFilter {
  const { id, name, capability, tag, status, metadata, search, includeDead } = options
  const details = detailFilterIn(options)
  return {
    agentId: id,
    name,
    capability,
    tag,
    status,
    ...details,
    metadata,
    q: search,
    includeDead,
  } satisfies ByField<unknown>
}
