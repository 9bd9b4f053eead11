import {
  AGENT_DETAILS,
  type DetailFilter,
  type GivenDetails,
  mapDetailFilters,
  mapDetails,
} from '@rollcall/protocol'
import { type Command, Option } from 'commander'

/** Adds an option for each detail of an agent, such as `--description`. */
export function addDetailOptions(command: Command): Command {
  for (const { wireName, schema } of AGENT_DETAILS) {
    const summary = schema.description?.replace(/\.$/, '').replaceAll('`', '')
    command.addOption(new Option(`${flagOf(wireName)} <text>`, summary))
  }
  return command
}

/** Takes the details from the options of a command. */
export function detailsIn(options: GivenDetails): Required<GivenDetails> {
  return mapDetails(({ name }) => options[name])
}

/** Returns the options by which agents are filtered, by their names in a filter. */
export function detailFilterOptions(): Readonly<Record<keyof DetailFilter, Option>> {
  return mapDetailFilters(
    ({ wireName }) =>
      new Option(`${flagOf(wireName)} <text>`, `Filter by ${wireName.replaceAll('_', ' ')}`),
  )
}

/** Takes the filter from the options of a command. */
export function detailFilterIn(options: DetailFilter): Required<DetailFilter> {
  const given: Readonly<Record<string, string | undefined>> = options
  return mapDetailFilters(({ name }) => given[name])
}

function flagOf(wireName: string): string {
  return `--${wireName.replaceAll('_', '-')}`
}
