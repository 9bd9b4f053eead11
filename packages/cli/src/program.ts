import { VERSION } from '@rollcall/server'
import { Command, type CommanderError } from 'commander'
import { EXIT_CODES } from './exit-codes.ts'
import { serveCommand } from './serve.ts'

/** The `rollcall` command with everything under it. */
export function createProgram(): Command {
  const program = new Command('rollcall')
    .description('The live registry for fleets of AI agents.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError('Try: rollcall --help')
    .addCommand(serveCommand())
  program.addHelpText(
    'after',
    '\nStart here:\n  rollcall serve        the registry on http://127.0.0.1:9000, kept in rollcall.db',
  )
  for (const command of [program, ...program.commands]) {
    command.exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage)
    })
  }
  return program
}
