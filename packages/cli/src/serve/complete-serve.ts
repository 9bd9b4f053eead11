import { withoutPassword } from '@rollcall/protocol'
import {
  AgentRegistryServer,
  ConfigurationError,
  DEFAULT_CONFIG_FILE,
  isRegistryError,
  loadSettings,
  NO_AUDIT_LOG,
  NO_BACKUPS,
  NO_PUBLIC_URL,
  NO_TOKEN_FILE,
  parseListSetting,
  parseStorageUrl,
  requireBackupSupport,
  SETTINGS,
  type Setting,
  type Settings,
  unknownVariables,
  VERSION,
} from '@rollcall/server'
import { type Command, Option } from 'commander'
import { EXIT_CODES } from '../exit-codes.ts'
import { catalogOptions } from './catalog-options.ts'
import { jwtOptions, tlsOptions } from './identity-options.ts'
import { LogOutput } from './log-output.ts'
import { createLogger } from './logger.ts'
import { RegistryProcess } from './registry-process.ts'
import { settingGroups } from './setting-groups.ts'

/** Adds the options and the action to `rollcall serve`. */
export function completeServe(command: Command): void {
  command.addOption(
    new Option('--config <file>', 'JSON file with settings, named like the options')
      .env('ROLLCALL_CONFIG')
      .default(undefined, DEFAULT_CONFIG_FILE),
  )
  const groupOf = settingGroups()
  for (const setting of SETTINGS) {
    command.addOption(toOption(setting).helpGroup(groupOf(setting.key)))
  }
  command
    .addHelpText(
      'after',
      `
Every option can also be set in the environment or in the configuration file.
Options override the environment, and the environment overrides the file.

Examples:
  rollcall serve
  rollcall serve --port 9555 --db sqlite:////var/lib/rollcall.db
  rollcall serve --host 0.0.0.0 --token-file /etc/rollcall/tokens
  ROLLCALL_LOG_LEVEL=debug rollcall serve --db memory:`,
    )
    .action(serve)
}

/** Formats of settings that are lists. */
const LIST_FORMATS = new Set<string | undefined>(['hosts', 'origins', 'networks'])

function toOption({ flag, variable, rule }: Setting): Option {
  if (rule.type === 'boolean') return toSwitch(`--${flag}`, `${rule.description} (${variable})`)
  const value = rule.enum ? 'choice' : rule.type === 'string' ? 'text' : 'number'
  const option = new Option(
    `--${flag} <${value}>`,
    `${rule.description}${rule.enum ? `: ${rule.enum.join(', ')}` : ''} ` +
      `(default: ${rule.default}; ${variable})`,
  )
  // A list may be given in one flag or in several.
  if (LIST_FORMATS.has(rule.format)) {
    option.argParser((text, before: unknown) => (before === undefined ? text : `${before},${text}`))
  }
  return option
}

function toSwitch(flag: string, description: string): Option {
  const option = new Option(flag, description)
  // Otherwise, the library takes `--no-x` for the opposite of a setting `x` that is on.
  option.negate = false
  return option
}

/** Flags as the command line has them: a switch is true. */
type ServeFlags = Partial<Record<keyof Settings, string | true>>

async function serve(options: ServeFlags & { config?: string }) {
  const settings = settingsOrExit(options)
  const publicUrl = settings.publicUrl === NO_PUBLIC_URL ? undefined : settings.publicUrl
  const output = new LogOutput()
  const logger = await createLogger(settings.logLevel, output)
  const server = new AgentRegistryServer(settings.db, {
    cleanupIntervalSeconds: settings.cleanupInterval,
    heartbeatFlushIntervalMs: settings.heartbeatFlushInterval * 1000,
    restartGraceSeconds: settings.restartGrace,
    brakeFraction: settings.brakeFraction,
    brakeMinimum: settings.brakeMinimum,
    brakeMaxSeconds: settings.brakeMax,
    historyLimit: settings.historyLimit,
    historyMaxAgeSeconds: settings.historyMaxAge,
    backupTo: settings.backupTo === NO_BACKUPS ? undefined : settings.backupTo,
    backupEverySeconds: settings.backupEvery,
    backupKeep: settings.backupKeep,
    maxAgents: settings.maxAgents,
    maxAgentsPerCaller: settings.maxAgentsPerCaller,
    maxStreams: settings.maxStreams,
    maxStreamsPerCaller: settings.maxStreamsPerCaller,
    rateLimit: settings.rateLimit,
    heartbeatRateLimit: settings.heartbeatRateLimit,
    limitLocal: settings.limitLocal,
    schema: settings.dbSchema,
    tokenFile: settings.tokenFile === NO_TOKEN_FILE ? undefined : settings.tokenFile,
    anonymous: settings.anonymous,
    jwt: jwtOptions(settings),
    tls: tlsOptions(settings),
    insecure: settings.insecure,
    dashboard: !settings.noDashboard,
    webhooks: !settings.noWebhooks,
    webhookNetworks: parseListSetting(settings.webhookNetworks),
    webhookTimeoutSeconds: settings.webhookTimeout,
    webhookRetrySeconds: settings.webhookRetryFor,
    maxWebhooks: settings.maxWebhooks,
    ...catalogOptions(settings),
    auditLog: settings.auditLog === NO_AUDIT_LOG ? undefined : settings.auditLog,
    publicUrl,
    allowedHosts: parseListSetting(settings.allowedHosts),
    corsOrigins: parseListSetting(settings.corsOrigin),
    cardKeyOrigins: parseListSetting(settings.cardKeyOrigins),
    logger,
    droppedLogLines: () => output.dropped,
    // The supervisor restarts it, with the state that is in the file.
    onStorageLost: (reason) => registry.fail(reason.message),
  })
  const registry = new RegistryProcess({ server, logger, output })
  registry.listen()
  try {
    const address = await server.listen({ host: settings.host, port: settings.port })
    const agents = (await server.repository?.counts())?.registered ?? 0
    logger.info(
      `Rollcall ${VERSION} is listening on ${address}, storage ${withoutPassword(settings.db)} ` +
        `(${agents} agents), docs ${(publicUrl ?? address).replace(/\/+$/, '')}/docs`,
    )
  } catch (error) {
    await server.close().catch(() => undefined)
    const isMisconfigured = error instanceof ConfigurationError
    fail(startupFailure(error, settings), isMisconfigured ? EXIT_CODES.usage : EXIT_CODES.failed)
  }
}

function settingsOrExit(options: ServeFlags & { config?: string }): Settings {
  const { config, ...given } = options
  const flags = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, `${value}`]))
  try {
    const settings = loadSettings({ flags, file: config })
    parseStorageUrl(settings.db)
    if (settings.backupTo !== NO_BACKUPS) requireBackupSupport(settings.db)
    jwtOptions(settings)
    tlsOptions(settings)
    for (const name of unknownVariables(process.env)) {
      process.stderr.write(`rollcall: ${name} is not a setting of serve; ignored\n`)
    }
    return settings
  } catch (error) {
    const isBadStore = isRegistryError(error, 'STORAGE_UNUSABLE')
    if (!isBadStore && !(error instanceof ConfigurationError)) throw error
    const problems = isBadStore ? [error.message] : error.problems
    for (const problem of problems) process.stderr.write(`rollcall: ${problem}\n`)
    process.stderr.write('Try: rollcall serve --help\n')
    process.exit(EXIT_CODES.usage)
  }
}

function startupFailure(error: unknown, settings: Settings): string {
  if (isRegistryError(error) || error instanceof ConfigurationError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  const address = `${settings.host}:${settings.port}`
  if (code === 'EADDRINUSE') return `${address} is in use. Use another port with --port.`
  if (code === 'EACCES')
    return `this user may not listen on ${address}. Use another port with --port.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${settings.host} is not an address of this machine. Use another one with --host.`
  }
  return `could not start: ${message}`
}

function fail(message: string, code: number): never {
  process.stderr.write(`rollcall: ${message}\n`)
  process.exit(code)
}
