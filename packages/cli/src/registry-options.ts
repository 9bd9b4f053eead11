import { Command, InvalidArgumentError, Option } from 'commander'
import { agentId, seconds } from './option-values.ts'

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
 */
export function registryCommand(name: string, examples: readonly string[]): Command {
  return new Command(name)
    .addOption(
      new Option('--registry <url>', 'address of the registry')
        .env('REGISTRY_URL')
        .default('http://localhost:9000')
        .argParser(registryUrl),
    )
    .option('--timeout <seconds>', 'how long to wait for an answer', seconds, 5)
    .option('--json', 'print JSON, also for errors')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** A command about one agent: its first argument is the id. */
export function agentCommand(name: string, examples: readonly string[]): Command {
  return registryCommand(name, examples).argument('<id>', 'id of the agent', agentId)
}

function registryUrl(text: string): string {
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It must begin with http:// or https://')
  }
  return text.replace(/\/+$/, '')
}
