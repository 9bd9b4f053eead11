import { Command, InvalidArgumentError, Option } from 'commander'
import { configuredAddress, toAddress } from '../registry/registry-address.ts'
import { agentId, agentIds, seconds } from './option-values.ts'

/** The options of every command that asks a registry. */
export interface RegistryOptions {
  readonly registry: string
  /** Seconds. */
  readonly timeout: number
  readonly json?: true
}

/**
 * A command that asks a registry, with the options that all of them have.
 *
 * @param examples complete command lines, for the help
 * @param tellBrokenFile what to do when the configuration file cannot be used; default: fail
 */
export function registryCommand(
  name: string,
  examples: readonly string[],
  tellBrokenFile?: TellBrokenFile,
): Command {
  return addRegistryOption(new Command(name), tellBrokenFile)
    .option('--timeout <seconds>', 'how long to wait for an answer', seconds, 5)
    .option('--json', 'print JSON, also for errors')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** A command about one agent: its first argument is the id. */
export function agentCommand(name: string, examples: readonly string[]): Command {
  return registryCommand(name, examples).argument('<id>', 'id of the agent', agentId)
}

/** A command about agents: its arguments are their ids. */
export function agentsCommand(name: string, examples: readonly string[]): Command {
  return registryCommand(name, examples).argument('<id...>', 'ids of agents', agentIds)
}

type TellBrokenFile = (command: Command, message: string) => void

/**
 * Lets a command find the registry: `--registry`, `REGISTRY_URL`, the configuration file, the settings
 * of `serve`.
 */
export function addRegistryOption(
  command: Command,
  tellBrokenFile: TellBrokenFile = (it, message) => it.error(message),
): Command {
  const option = new Option('--registry <url>', 'address of the registry')
    .env('REGISTRY_URL')
    .default('http://localhost:9000')
    .argParser(registryUrl)
  return command.addOption(option).hook('preAction', (_program, action) => {
    if (action.getOptionValueSource('registry') !== 'default') return
    try {
      const found = configuredAddress(process.env)
      if (found) action.setOptionValueWithSource('registry', found.url, found.origin)
    } catch (error) {
      tellBrokenFile(action, error instanceof Error ? error.message : String(error))
    }
  })
}

function registryUrl(text: string): string {
  try {
    return toAddress(text)
  } catch (error) {
    throw new InvalidArgumentError(`It ${error instanceof Error ? error.message : error}.`)
  }
}
