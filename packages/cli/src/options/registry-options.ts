import { Command, InvalidArgumentError, Option } from 'commander'
import { configuredAddress, toAddress } from '../registry/registry-address.ts'
import { agentId, agentIdPatterns, agentIds, seconds } from './option-values.ts'
import { addTlsOptions } from './tls-options.ts'
import { addTokenFileOption } from './token-file-option.ts'

/** The options of every command that calls a registry. */
export interface RegistryOptions {
  readonly registry: string
  /** Timeout in seconds. */
  readonly timeout: number
  readonly json?: true
}

/**
 * Creates a command that calls a registry, with the common options.
 *
 * @param examples complete command lines for the help
 * @param onInvalidConfig called if the configuration file is invalid; default: fail
 */
export function registryCommand(
  name: string,
  examples: readonly string[],
  onInvalidConfig?: InvalidConfigHandler,
): Command {
  return addRegistryOption(new Command(name), onInvalidConfig)
    .option('--timeout <seconds>', 'Timeout of a request to the registry', seconds, 5)
    .option('--json', 'Print JSON, also for errors')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** Creates a command for one agent, whose id is the first argument. */
export function agentCommand(name: string, examples: readonly string[]): Command {
  return registryCommand(name, examples).argument('<id>', 'The id of the agent', agentId)
}

/** Creates a command for several agents, whose ids are the arguments. */
export function agentsCommand(name: string, examples: readonly string[]): Command {
  return registryCommand(name, examples).argument('<id...>', 'The ids of the agents', agentIds)
}

/** Creates a command for several agents, whose ids or beginnings of ids are the arguments. */
export function patternsCommand(name: string, examples: readonly string[]): Command {
  const what = 'The ids of the agents, or beginnings of ids followed by *'
  return registryCommand(name, examples).argument('<id...>', what, agentIdPatterns)
}

type InvalidConfigHandler = (command: Command, message: string) => void

/**
 * Adds `--registry` to a command, which defaults to `REGISTRY_URL`, the configuration file, and the
 * settings of `serve`.
 */
export function addRegistryOption(
  command: Command,
  onInvalidConfig: InvalidConfigHandler = (it, message) => it.error(message),
): Command {
  const option = new Option('--registry <url>', 'URL of the registry')
    .env('REGISTRY_URL')
    .default('http://localhost:9000')
    .argParser(registryUrl)
  return addTlsOptions(addTokenFileOption(command))
    .addOption(option)
    .hook('preAction', (_program, action) => {
      if (action.getOptionValueSource('registry') !== 'default') return
      try {
        const found = configuredAddress(process.env)
        if (found) action.setOptionValueWithSource('registry', found.url, found.origin)
      } catch (error) {
        onInvalidConfig(action, error instanceof Error ? error.message : String(error))
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
