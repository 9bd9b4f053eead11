import { Command } from 'commander'
import { reportUsageErrors } from './options/usage-errors.ts'
import { VERSION } from './version.ts'

/**
 * Everything under `rollcall`, in the order of its help. Each is loaded when it is asked for: all of
 * them together take twice as long to load as the longest.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  register: async () => (await import('./commands/register.ts')).registerCommand(),
  heartbeat: async () => (await import('./commands/heartbeat.ts')).heartbeatCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  get: async () => (await import('./commands/get.ts')).getCommand(),
  watch: async () => (await import('./commands/watch.ts')).watchCommand(),
  history: async () => (await import('./commands/history.ts')).historyCommand(),
  drain: async () => (await import('./commands/status.ts')).drainCommand(),
  ready: async () => (await import('./commands/status.ts')).readyCommand(),
  deregister: async () => (await import('./commands/deregister.ts')).deregisterCommand(),
  cleanup: async () => (await import('./commands/cleanup.ts')).cleanupCommand(),
  health: async () => (await import('./commands/health.ts')).healthCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  top: async () => (await import('./commands/top.ts')).topCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(),
}

/** Columns of a description, at least; below that it is not folded. */
const NARROWEST_DESCRIPTION = 20

/**
 * The `rollcall` command with what is needed of it.
 *
 * @param words what was typed: when it begins with a command, that is all there is under it; the
 *   server is loaded only when `serve` is among them
 */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('rollcall')
    .description('The live registry for fleets of AI agents.')
    .version(VERSION, '-V, --version', 'print the version')
    .option('--registry <url>', 'address of the registry; also after the command')
    // What follows the program of `run` belongs to that program.
    .enablePositionalOptions()
    .helpCommand('help [command]', 'Print the help of a command.')
    .addHelpText(
      'after',
      `
Start here:
  rollcall serve        the registry at http://127.0.0.1:9000, in rollcall.db
  rollcall list         who is there
  rollcall watch        what changes

All but serve ask the registry of --registry, else of REGISTRY_URL, else of
"registry" in rollcall.config.json, else the one that serve would run here, by
host and port in the environment and that file; else http://localhost:9000.`,
    )
  for (const load of neededOf(words)) program.addCommand(await load())
  if (words.includes('serve')) {
    const { completeServe } = await import('./serve/complete-serve.ts')
    for (const command of program.commands.filter((it) => it.name() === 'serve')) {
      completeServe(command)
    }
  }
  for (const command of [program, ...program.commands]) {
    // Also a narrow terminal has room for a description beside its option.
    command.configureHelp({ minWidthToWrap: NARROWEST_DESCRIPTION })
    reportUsageErrors(command.helpOption('-h, --help', 'print this help'), words)
  }
  return program
}

/**
 * Puts `--registry URL` that stands before the command behind it, where the command looks for it: one
 * that asks no registry then says that it knows no such option.
 */
export function inOrder(words: readonly string[]): string[] {
  const [first = '', second] = words
  const width =
    first === '--registry' && second !== undefined ? 2 : first.startsWith('--registry=') ? 1 : 0
  const [command, ...rest] = words.slice(width)
  if (width === 0 || command === undefined || !Object.hasOwn(COMMANDS, command)) return [...words]
  return [command, ...words.slice(0, width), ...rest]
}

function neededOf(words: readonly string[]): readonly (() => Promise<Command>)[] {
  const [first = ''] = words
  const needsAll = first === 'completion' || !Object.hasOwn(COMMANDS, first)
  const all = Object.entries(COMMANDS)
  return all.filter(([name]) => needsAll || name === first).map(([, load]) => load)
}
