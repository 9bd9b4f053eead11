import { Command } from 'commander'
import { cleanupCommand } from './commands/cleanup.ts'
import { completionCommand } from './commands/completion.ts'
import { demoCommand } from './commands/demo.ts'
import { deregisterCommand } from './commands/deregister.ts'
import { doctorCommand } from './commands/doctor.ts'
import { getCommand } from './commands/get.ts'
import { healthCommand } from './commands/health.ts'
import { heartbeatCommand } from './commands/heartbeat.ts'
import { historyCommand } from './commands/history.ts'
import { listCommand } from './commands/list.ts'
import { registerCommand } from './commands/register.ts'
import { runCommand } from './commands/run.ts'
import { serveCommand } from './commands/serve.ts'
import { drainCommand, readyCommand } from './commands/status.ts'
import { topCommand } from './commands/top.ts'
import { watchCommand } from './commands/watch.ts'
import { tellUsageErrors } from './usage-errors.ts'
import { VERSION } from './version.ts'

/** Everything under `rollcall`, in the order of its help. */
const COMMANDS: readonly (() => Command)[] = [
  serveCommand,
  runCommand,
  registerCommand,
  heartbeatCommand,
  listCommand,
  getCommand,
  watchCommand,
  historyCommand,
  drainCommand,
  readyCommand,
  deregisterCommand,
  cleanupCommand,
  healthCommand,
  doctorCommand,
  topCommand,
  demoCommand,
  completionCommand,
]

/**
 * The `rollcall` command with everything under it.
 *
 * @param words what was typed: the server is loaded only when `serve` is among them
 */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('rollcall')
    .description('The live registry for fleets of AI agents.')
    .version(VERSION, '-V, --version', 'print the version')
    // What follows the program of `run` belongs to that program.
    .enablePositionalOptions()
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText(
      'after',
      `
Start here:
  rollcall serve        the registry on http://127.0.0.1:9000, kept in rollcall.db
  rollcall list         who is there
  rollcall watch        what changes

All but serve ask the registry of --registry, else of REGISTRY_URL, else
http://localhost:9000.`,
    )
  for (const create of COMMANDS) program.addCommand(create())
  if (words.includes('serve')) {
    const { completeServe } = await import('./serve.ts')
    for (const command of program.commands.filter((it) => it.name() === 'serve')) {
      completeServe(command)
    }
  }
  for (const command of [program, ...program.commands]) {
    tellUsageErrors(command.helpOption('-h, --help', 'print this help'), words)
  }
  return program
}
