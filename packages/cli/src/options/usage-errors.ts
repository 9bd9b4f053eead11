import type { Command, CommanderError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { failureLine } from '../output/failure.ts'

/**
 * Configures a command to report usage errors in the format of other failures, with the exit code
 * for usage errors.
 *
 * @param args command-line arguments
 */
export function reportUsageErrors(command: Command, args: readonly string[]): void {
  // Arguments after `--` belong to another program.
  const end = args.indexOf('--')
  const asJson = args.slice(0, end === -1 ? args.length : end).includes('--json')
  const hint = command.parent === null ? 'rollcall --help' : `rollcall ${command.name()} --help`
  command
    .showSuggestionAfterError()
    .showHelpAfterError(`Try: ${hint}`)
    .configureOutput({
      outputError: (text) => {
        const message = text
          .replace(/^error: /, '')
          .replace(
            /^command-argument value ('.*?') is invalid for argument '(.*?)'\./s,
            '$2 $1 is invalid.',
          )
          .trimEnd()
        process.stderr.write(failureLine({ code: 'USAGE', message }, asJson))
      },
      // The hint after an error is for humans.
      ...(asJson && { writeErr: () => undefined }),
    })
    .exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage)
    })
}
