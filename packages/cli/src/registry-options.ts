import { Command, InvalidArgumentError, Option } from 'commander'
import { readConfigFile } from './config-file.ts'
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

type TellBrokenFile = (command: Command, message: string) => void

/** Lets a command find the registry: `--registry`, `REGISTRY_URL`, the configuration file. */
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
      const url = configuredRegistry()
      if (url !== undefined) action.setOptionValueWithSource('registry', url, 'config')
    } catch (error) {
      tellBrokenFile(action, error instanceof Error ? error.message : String(error))
    }
  })
}

/** @throws Error that says what is wrong with the file */
function configuredRegistry(): string | undefined {
  const { name, values } = readConfigFile(process.env)
  if (values?.registry === undefined) return undefined
  const url = String(values.registry)
  if (!isAddress(url)) throw new Error(`"registry" in ${name} ${ADDRESS_RULE}, not ${url}`)
  return withoutSlash(url)
}

const ADDRESS_RULE = 'must begin with http:// or https://'

function isAddress(text: string): boolean {
  return /^https?:\/\/[^/]/.test(text) && URL.canParse(text)
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

function registryUrl(text: string): string {
  if (!isAddress(text)) throw new InvalidArgumentError(`It ${ADDRESS_RULE}.`)
  return withoutSlash(text)
}
