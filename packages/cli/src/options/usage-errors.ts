import type { Command, CommanderError } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { failureLine } from '../output/failure.ts'

/**
 * Makes a command tell what it did not understand as all other failures are told, and end with the
 * exit code for that.
 *
 * @param words what was typed
 */
export function reportUsageErrors(command: Command, words: readonly string[]): void {
  // What comes after `--` is for another program.
  const end = words.indexOf('--')
  const asJson = words.slice(0, end === -1 ? words.length : end).includes('--json')
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
      // What comes after an error is for people.
      ...(asJson && { writeErr: () => undefined }),
    })
    .exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage)
    })
}
