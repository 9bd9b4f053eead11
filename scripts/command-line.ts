import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Thrown for an invalid command line; the message names the problem. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Parses the options of a command.
 *
 * @throws UsageError
 */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config)
  } catch (error) {
    // Keep the first sentence: Node adds how to pass an argument that looks like an option.
    throw new UsageError(
      error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error),
    )
  }
}
