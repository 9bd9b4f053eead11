import { type ParseArgsConfig, parseArgs } from 'node:util'

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Reads the options of a command.
 *
 * @throws UsageError
 */
export function parseCommandLine<Config extends ParseArgsConfig>(config: Config) {
  try {
    return parseArgs(config)
  } catch (error) {
    // After its first sentence, Node explains how to pass an argument that looks like an option.
    throw new UsageError(
      error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error),
    )
  }
}
