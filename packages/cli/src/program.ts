import { Command } from 'commander'
import { reportUsageErrors } from './options/usage-errors.ts'
import { VERSION } from './version.ts'

/**
 * The subcommands in the order of the help. Each is loaded on demand: loading all of them takes
 * twice as long as loading the slowest one.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  mirror: async () => (await import('./commands/mirror.ts')).mirrorCommand(),
  register: async () => (await import('./commands/register.ts')).registerCommand(),
  heartbeat: async () => (await import('./commands/heartbeat.ts')).heartbeatCommand(),
  list: async () => (await import('./commands/list.ts')).listCommand(),
  capabilities: async () => (await import('./commands/capabilities.ts')).capabilitiesCommand(),
  get: async () => (await import('./commands/get.ts')).getCommand(),
  watch: async () => (await import('./commands/watch.ts')).watchCommand(),
  history: async () => (await import('./commands/history.ts')).historyCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
  drain: async () => (await import('./commands/drain.ts')).drainCommand(),
  ready: async () => (await import('./commands/ready.ts')).readyCommand(),
  maintenance: async () => (await import('./commands/maintenance.ts')).maintenanceCommand(),
  webhook: async () => (await import('./commands/webhook.ts')).webhookCommand(),
  token: async () => (await import('./commands/token.ts')).tokenCommand(),
  deregister: async () => (await import('./commands/deregister.ts')).deregisterCommand(),
  cleanup: async () => (await import('./commands/cleanup.ts')).cleanupCommand(),
  health: async () => (await import('./commands/health.ts')).healthCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
  top: async () => (await import('./commands/top.ts')).topCommand(),
  backup: async () => (await import('./commands/backup.ts')).backupCommand(),
  restore: async () => (await import('./commands/restore.ts')).restoreCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  import: async () => (await import('./commands/import.ts')).importCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  completion: async () => (await import('./commands/completion.ts')).completionCommand(),
}

/** Minimum width of a description in columns; a narrower one is not wrapped. */
const MIN_DESCRIPTION_WIDTH = 20

/**
 * Creates the `rollcall` command.
 *
 * @param args command-line arguments. If they start with a subcommand, only that one is loaded; the
 *   server is loaded only if `serve` is among them
 */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('rollcall')
    .description('The live registry for fleets of AI agents.')
    .version(VERSION, '-V, --version', 'Print the version')
    .option('--registry <url>', 'URL of the registry; also accepted after the command')
    // Options after the program of `run` belong to that program.
    .enablePositionalOptions()
    .helpCommand('help [command]', 'Print help for a command.')
    .addHelpText(
      'after',
      `
Get started:
  rollcall serve        run a registry at http://127.0.0.1:9000, with rollcall.db
  rollcall list         list agents
  rollcall watch        follow changes

The URL of the registry is, in order of precedence: --registry, REGISTRY_URL,
"registry" in rollcall.config.json, the address that serve would listen on (host
and port in the environment or that file), http://localhost:9000.`,
    )
  for (const load of requiredCommands(args)) program.addCommand(await load())
  if (args.includes('serve')) {
    const { completeServe } = await import('./serve/complete-serve.ts')
    for (const command of program.commands.filter((it) => it.name() === 'serve')) {
      completeServe(command)
    }
  }
  for (const command of [program, ...program.commands]) {
    // Keeps descriptions next to their options on a narrow terminal.
    command.configureHelp({ minWidthToWrap: MIN_DESCRIPTION_WIDTH })
    reportUsageErrors(command.helpOption('-h, --help', 'Print this help'), args)
  }
  return program
}

/**
 * Moves `--registry URL` from before the subcommand to after it, where the subcommand expects it. A
 * subcommand that does not use a registry then rejects the option.
 */
export function normalizeArguments(args: readonly string[]): string[] {
  const [first = '', second] = args
  const width =
    first === '--registry' && second !== undefined ? 2 : first.startsWith('--registry=') ? 1 : 0
  const [command, ...rest] = args.slice(width)
  if (width === 0 || command === undefined || !Object.hasOwn(COMMANDS, command)) return [...args]
  return [command, ...args.slice(0, width), ...rest]
}

function requiredCommands(args: readonly string[]): readonly (() => Promise<Command>)[] {
  const [first = ''] = args
  const needsAll = first === 'completion' || !Object.hasOwn(COMMANDS, first)
  const all = Object.entries(COMMANDS)
  return all.filter(([name]) => needsAll || name === first).map(([, load]) => load)
}
